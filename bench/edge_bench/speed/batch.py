"""Throughput of a batch beside single recordings, and of a long recording beside its segments one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isclose
from pathlib import Path
from time import perf_counter
from typing import Final

from edge_bench.speed.figures import Spread
from edge_runtime.arrays import Milliseconds
from edge_runtime.audio.load import Audio
from edge_runtime.errors import UsageError
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript

_ONE_SEGMENT_MB: Final = 1
"""Memory budget in which no two segments find room."""
_SAME_LOGPROB: Final = 1e-3
"""Equal tokens have equal probabilities but for the order of sums."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Gain of decoding several recordings, or segments of a long one, at once.

    Attributes:
        size: how many at once.
        num_recordings: transcribed each way; 1 for one that is divided, whose segments are decoded one by one
            and together.
        num_different: of these, those whose tokens are not the same both ways.
        alone_ms: all of them, one after the other.
        together_ms: all of them, `size` at once.
        gain: alone / together, of neighboring runs.
    """

    size: int
    num_recordings: int
    num_different: int
    alone_ms: Spread
    together_ms: Spread
    gain: Spread


def measure_batch(
    recognizer: Recognizer,
    audio: Path | Audio,
    options: TranscribeOptions,
    *,
    size: int,
    repeats: int,
    divided: bool = False,
) -> Batch:
    """Transcribe a recording `size` times both ways, in turn; one that is divided once.

    Doubtful segments are not decoded again: both ways do the same work.

    Raises:
        GraphError: the bundle or its back end cannot batch.
        UsageError: a size of 1 compares nothing.
    """
    if size < 2:  # noqa: PLR2004
        raise UsageError(f"{size} recording is no batch; 2 at least are.")
    audios = [audio] if divided else [audio] * size
    together = replace(options, long=replace(options.long, second_look=False))
    alone = replace(together, long=replace(together.long, memory_budget_mb=_ONE_SEGMENT_MB))

    def timed(options: TranscribeOptions, batch_size: int) -> tuple[Milliseconds, list[Transcript]]:
        start = perf_counter()
        transcripts = recognizer.transcribe_batch(audios, options=options, batch_size=batch_size)
        return 1e3 * (perf_counter() - start), transcripts

    timed(together, size)  # warm-up: allocates memory for a batch, prepares steps of its shape
    pairs = [(timed(alone, 1), timed(together, size)) for _ in range(repeats)]
    single, batched = ([way[at][0] for way in pairs] for at in (0, 1))
    return Batch(
        size=size,
        num_recordings=len(audios),
        num_different=_num_different(pairs[-1][0][1], pairs[-1][1][1]),
        alone_ms=Spread.of(single),
        together_ms=Spread.of(batched),
        gain=Spread.of([one / other for one, other in zip(single, batched, strict=True)]),
    )


def _num_different(alone: Sequence[Transcript], together: Sequence[Transcript]) -> int:
    """Count transcripts that differ; random weights may have no text, and are told by their probabilities."""
    return sum(
        (one.text, one.num_tokens) != (other.text, other.num_tokens)
        or not isclose(one.avg_logprob or 0.0, other.avg_logprob or 0.0, abs_tol=_SAME_LOGPROB)
        for one, other in zip(alone, together, strict=True)
    )
