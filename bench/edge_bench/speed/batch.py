"""Throughput of a batch beside that of single recordings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from edge_bench.speed.figures import Spread
from edge_runtime.arrays import Milliseconds
from edge_runtime.audio.load import Audio
from edge_runtime.errors import UsageError
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Gain of decoding several recordings at once.

    Attributes:
        size: recordings.
        alone_ms: all of them, one after the other.
        together_ms: all of them at once.
        gain: alone / together, of neighboring runs.
    """

    size: int
    alone_ms: Spread
    together_ms: Spread
    gain: Spread


def measure_batch(
    recognizer: Recognizer, audio: Path | Audio, options: TranscribeOptions, *, size: int, repeats: int
) -> Batch:
    """Transcribe a recording `size` times both ways, in turn.

    Raises:
        GraphError: the bundle or its back end cannot batch.
        UsageError: a size of 1 compares nothing.
    """
    if size < 2:  # noqa: PLR2004
        raise UsageError(f"{size} recording is no batch; 2 at least are.")
    audios = [audio] * size

    def timed(batch_size: int) -> Milliseconds:
        start = perf_counter()
        recognizer.transcribe_batch(audios, options=options, batch_size=batch_size)
        return 1e3 * (perf_counter() - start)

    timed(size)  # warm-up: allocates memory for a batch, prepares steps of its shape
    pairs = [(timed(1), timed(size)) for _ in range(repeats)]
    single, batched = zip(*pairs, strict=True)
    gains = [one / other for one, other in pairs]
    return Batch(size=size, alone_ms=Spread.of(single), together_ms=Spread.of(batched), gain=Spread.of(gains))
