"""The results of a comparison as Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from edge_bench.peers.harness.summary import Ratio, Row
from edge_bench.peers.peer import Clip, StageTimes
from edge_bench.speed.environment import Environment

SCHEMA: Final = "edge-asr/peers@1"
_NONE: Final = "–"
_TIMES_HEAD: Final = (
    "| program | runs | frontend ms | encoder ms | prefill ms | step ms | total ms | peak MB |",
    "|---|---:|---:|---:|---:|---:|---:|---:|",
)
_RATIOS_HEAD: Final = (
    "| ours | peer | encoder | prefill | step | total |",
    "|---|---|---:|---:|---:|---:|",
)
_NOTES: Final = """\
Medians over the rounds. Every run has a process of its own, after a short run to warm up. The total is put
together for texts of equal length: front end + encoder + prefill + (tokens - 1) × step; reading the file and
loading are not in it. A step is the mean over a text, ours with guesses that save nothing. antirez/qwen-asr
cannot be told to stop: it is ended after as many tokens as were asked, timed as it prints them. llama.cpp is
the decoder alone, its file as `llama-quantize` makes it: q4_0 keeps the table of tokens, which is the head,
at six bits, unless it is pure. Peak memory is that of the process, mapped weights included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneClip:
    """Results on one recording.

    Attributes:
        clip: the recording.
        runs: program → the times of each of its runs.
        rows: medians, ours last.
        ratios: of every peer and every bundle.
    """

    clip: Clip
    runs: Mapping[str, tuple[StageTimes, ...]]
    rows: tuple[Row, ...]
    ratios: tuple[Ratio, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Results of one run of the harness.

    Attributes:
        date: ISO 8601 day.
        num_tokens: of each text.
        threads: of each program.
        rounds: minimum number of runs of every program.
        order: names of the programs in the order of the runs.
        missing: peer → why it is left out.
        versions: package or program → version.
        results: by recording.
    """

    date: str
    num_tokens: int
    threads: int
    rounds: int
    order: tuple[str, ...]
    missing: Mapping[str, str]
    versions: Mapping[str, str]
    environment: Environment
    results: tuple[OneClip, ...]

    def to_json(self) -> str:
        """Return everything as indented JSON."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=2, default=_file_name) + "\n"

    def markdown(self) -> str:
        """Return the tables with their environment."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield f"# CPU, beside other programs, {self.date}"
        yield ""
        yield "Written by `make bench-cpu`."
        yield from (_NOTES, "")
        yield from (f"* {line}" for line in self.environment.lines())
        yield f"* {self.threads} threads, {self.num_tokens} tokens a text, {self.rounds} rounds"
        yield from (f"* {name} {version}" for name, version in self.versions.items())
        yield from missing_lines(self.missing)
        for one in self.results:
            yield from (
                "",
                f"## {one.clip.name}, {one.clip.duration_s:.1f} s, {len(one.clip.prompt_ids)} prompt tokens",
            )
            yield from ("", *_TIMES_HEAD, *map(_times, one.rows))
            if one.ratios:
                yield from ("", "Time of the peer / ours: above 1 we are faster.")
                yield from ("", *_RATIOS_HEAD, *map(_ratios, one.ratios))


def missing_lines(missing: Mapping[str, str]) -> Iterator[str]:
    """Yield one line for each peer that is left out."""
    yield from (f"* left out: {name}: {reason}" for name, reason in missing.items())


def _times(row: Row) -> str:
    cells = [row.name, str(row.num_runs), *_numbers((row.frontend_ms, row.encoder_ms, row.prefill_ms), 0)]
    cells += [*_numbers((row.step_ms,), 1), *_numbers((row.total_ms,), 0)]
    cells += _numbers((None if row.peak_bytes is None else row.peak_bytes / 1e6,), 0)
    return f"| {' | '.join(cells)} |"


def _ratios(ratio: Ratio) -> str:
    cells = [ratio.ours, ratio.peer, *_numbers((ratio.encoder, ratio.prefill, ratio.step, ratio.total), 2)]
    return f"| {' | '.join(cells)} |"


def _numbers(values: Sequence[float | None], decimals: int) -> list[str]:
    return [_NONE if value is None else f"{value:.{decimals}f}" for value in values]


def _file_name(path: Path) -> str:
    """Return the name of a file: results do not show the folders of a machine."""
    return path.name
