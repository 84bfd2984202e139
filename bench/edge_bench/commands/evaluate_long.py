"""`edge-asr eval-long`: what long recordings lose against their clips one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from edge_bench.commands.figures import Figures
from edge_bench.corpus import Clip, read_list
from edge_bench.scoring.bars import parse_bars, parse_figures, require_cleared
from edge_bench.scoring.long_recording import Gaps, Placed, write_long_recording
from edge_bench.scoring.long_scores import LongScore, score_alone, score_joined
from edge_bench.speed.long_memory import peak_mb, write_stereo
from edge_runtime.arrays import Seconds
from edge_runtime.cli import options
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.terminal import emit, say
from edge_runtime.errors import UsageError
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript
from edge_runtime.vad.segmentation import SegmentOptions

_SHORT_MEMORY_S = 300.0
_SHORT_PAUSE_S = 0.3
_SECOND_LOOK = frozenset({"margins", "unpacked"})


def evaluate_long(
    corpus: Annotated[
        Path, typer.Argument(metavar="LIST", help="JSON lines with id, audio, text, language.")
    ],
    model: options.Model = None,
    minutes: Annotated[float, typer.Option("--minutes", min=0.1, help="Length of a recording.")] = 20.0,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Recordings of each kind.")] = 3,
    gaps: Annotated[
        tuple[float, float], typer.Option("--gaps", help="Shortest and longest pause in seconds.")
    ] = (1.0, 8.0),
    hours: Annotated[
        float, typer.Option("--memory-hours", help="Of the recording whose memory is compared; 0 for none.")
    ] = 0.0,
    threads: options.Threads = 0,
    figures: Figures = None,
    bar: Annotated[
        list[str] | None,
        typer.Option("--bar", metavar="NAME=VALUE", help="Exit with 8 if missed, e.g. wer_gap=0.5."),
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Join clips to long recordings, transcribe them, and compare with the clips one by one."""
    bars = parse_bars(bar or ())
    others = parse_figures(figures.read_text("utf-8")) if figures else {}
    import_module("kaldialign")  # where it is missing, say so before anything is transcribed
    clips = [clip for clip in read_list(corpus, Clip) if clip.text]
    if not clips:
        raise UsageError(f"{corpus}: nobody speaks in its recordings. Give a list with texts.")
    bundle = choose_bundle(model, "asr")
    recognizer = Recognizer.load(bundle, threads=threads)
    texts = _texts(recognizer, clips, corpus.parent)
    gap_scores: dict[str, float] = {}
    lost: list[float] = []
    memory: dict[str, float] = {}
    with TemporaryDirectory(prefix="edge-asr-long-") as folder:
        path = Path(folder) / "long.flac"
        for kind in _kinds(*gaps):
            alone, joined = LongScore(), LongScore()
            for seed in range(seeds):
                placed = write_long_recording(path, clips, corpus.parent, 60 * minutes, kind.gaps, seed)
                result = recognizer.transcribe(path, options=kind.options())
                alone += score_alone(placed, texts)
                joined += score_joined(placed, result)
                say(_line(kind.name, seed, placed, result), quiet=quiet)
            gap_scores[kind.name] = joined.error_percent - alone.error_percent
            lost.append(joined.lost_percent - alone.lost_percent)
        if hours:
            memory["peak_ratio"] = _peak_ratio(path, bundle, 3600 * hours)
    metrics = _ordered(gap_scores, {"last_words": max(lost), **memory, **others})
    emit("scores: " + " ".join(f"{name}={value:.2f}" for name, value in metrics.items()))
    require_cleared(bars, metrics)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Recordings of one kind: name of their figure, what is between clips, whether segments are filled."""

    name: str
    gaps: Gaps
    pack: bool = False

    def options(self) -> TranscribeOptions:
        return TranscribeOptions(long=LongOptions(segments=SegmentOptions(pack=self.pack)))


def _kinds(shortest: Seconds, longest: Seconds) -> tuple[_Kind, ...]:
    silent = Gaps(shortest=shortest, longest=longest)
    return (
        _Kind("wer_gap", silent),
        _Kind("noise_gap", replace(silent, noise=True)),
        _Kind("packed_gap", silent, pack=True),
        _Kind("short_gap", Gaps(shortest=0.0, longest=_SHORT_PAUSE_S)),
    )


def _ordered(gap_scores: Mapping[str, float], others: Mapping[str, float]) -> dict[str, float]:
    """Return the figures in the order of the line; those of other plans are its end."""
    first = {name: gap_scores[name] for name in ("wer_gap", "noise_gap")}
    return {**first, **others, **gap_scores}


def _texts(recognizer: Recognizer, clips: Sequence[Clip], folder: Path) -> dict[str, str]:
    """Return the texts of the clips one by one, by their ids; one that fails ends the command."""
    whole = TranscribeOptions(long=LongOptions(use_vad=False))
    transcripts = recognizer.transcribe_batch([folder / clip.audio for clip in clips], options=whole)
    return {clip.id: transcript.text for clip, transcript in zip(clips, transcripts, strict=True)}


def _line(name: str, seed: int, placed: Sequence[Placed], result: Transcript) -> str:
    again = sum(not _SECOND_LOOK.isdisjoint(segment.rungs) for segment in result.segments)
    return (
        f"{name} seed {seed}: {result.audio.duration_s / 60:.1f} min, {len(placed)} clips, "
        f"{len(result.segments)} segments, {again} decoded again, RTF {result.timing.rtf:.3f}"
    )


def _peak_ratio(source: Path, bundle: Path, duration_s: float) -> float:
    long_mb, short_mb = (_peak(source, bundle, one) for one in (duration_s, _SHORT_MEMORY_S))
    return long_mb / short_mb


def _peak(source: Path, bundle: Path, duration_s: float) -> float:
    path = source.with_name("stereo.flac")
    write_stereo(path, source, duration_s)
    return peak_mb(path, bundle)
