"""Throughput of a batch beside single recordings, and of a long recording beside its segments one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from time import perf_counter

from edge_bench.speed.figures import Spread
from edge_runtime.arrays import Milliseconds
from edge_runtime.audio.load import Audio
from edge_runtime.audio.source import load_source
from edge_runtime.errors import UsageError
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Segment, Transcript

Tokens = tuple[str, int | None]
"""Text of a segment, and how many tokens it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Gain of decoding several recordings, or segments of a long one, at once.

    Attributes:
        size: how many at once.
        num_recordings: transcribed both ways; 1 where it has several segments, which are decoded one by one.
        num_segments: of all of them.
        num_different: segments whose text or number of tokens is not the same both ways.
        alone_ms: all of them, one after the other.
        together_ms: all of them, `size` at once.
        gain: alone / together, of neighboring runs.
    """

    size: int
    num_recordings: int
    num_segments: int
    num_different: int
    alone_ms: Spread
    together_ms: Spread
    gain: Spread


def measure_batch(
    recognizer: Recognizer, audio: Path | Audio, options: TranscribeOptions, *, size: int, repeats: int
) -> Batch:
    """Transcribe a recording `size` times both ways, in turn; one that has several segments once.

    Doubtful segments are not decoded again, so that both ways do the same work.

    Raises:
        GraphError: the bundle or its back end cannot batch.
        UsageError: a size of 1 compares nothing.
    """
    if size < 2:  # noqa: PLR2004
        raise UsageError(f"{size} recording is no batch; 2 at least are.")
    once = replace(options, long=replace(options.long, second_look=False))
    segments = _segments(recognizer.transcribe_batch([audio], options=once, batch_size=size))
    is_long = len(segments) > 1
    together: list[Path | Audio] = [audio] * (1 if is_long else size)
    alone = _stretches(recognizer, audio, segments) if is_long else together

    def timed(audios: Sequence[Path | Audio], batch_size: int) -> tuple[Milliseconds, list[Tokens]]:
        start = perf_counter()
        transcripts = recognizer.transcribe_batch(audios, options=once, batch_size=batch_size)
        elapsed_ms = 1e3 * (perf_counter() - start)
        return elapsed_ms, [(one.text, one.num_tokens) for one in _segments(transcripts)]

    if not is_long:
        timed(together, size)  # warm-up: allocates memory for a batch, prepares steps of its shape
    pairs = [(timed(alone, 1), timed(together, size)) for _ in range(repeats)]
    single, batched = ([way[at][0] for way in pairs] for at in (0, 1))
    (_, expected), (_, actual) = pairs[-1]
    return Batch(
        size=size,
        num_recordings=len(together),
        num_segments=len(expected),
        num_different=sum(one != other for one, other in zip_longest(expected, actual)),
        alone_ms=Spread.of(single),
        together_ms=Spread.of(batched),
        gain=Spread.of([one / other for one, other in zip(single, batched, strict=True)]),
    )


def _segments(transcripts: Sequence[Transcript]) -> list[Segment]:
    return [segment for transcript in transcripts for segment in transcript.segments]


def _stretches(recognizer: Recognizer, audio: Path | Audio, segments: Sequence[Segment]) -> list[Audio]:
    """Return the stretches of a recording's segments, each as a recording."""
    manifest = recognizer.bundle.manifest
    rate = manifest.features.sample_rate
    whole = load_source(audio, None, rate, manifest.limits.max_audio_s)
    bounds = [(round(one.start * rate), round(one.end * rate)) for one in segments]
    return [replace(whole, waveform=whole.waveform[first:end]) for first, end in bounds]
