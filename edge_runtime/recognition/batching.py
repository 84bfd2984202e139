"""Batches of recordings: prefetched, decoded together, put back in order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from edge_runtime.arrays import Seconds
from edge_runtime.audio.load import Audio
from edge_runtime.bundle.specs import DecoderSpec
from edge_runtime.decoding.generate_batch import SlotDecoder, generate_batch
from edge_runtime.decoding.loop_guard import LoopGuard
from edge_runtime.decoding.timing import BatchTimes
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.recognition.long.pieces import Piece, Step
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.recognition.preparer import Preparer
from edge_runtime.recognition.recording import DecodedRecording, LoadedRecording, PreparedRecording

Result = TypeVar("Result")

_MAX_CACHE_ROWS: Final = 8192
"""Most cache rows of all recordings of a batch: 1.9 GB for the 0.6B shapes, if all are used."""

_DTYPE_BYTES: Final = {"float32": 4, "float16": 2, "bfloat16": 2}

_SEGMENT_BATCH: Final = 8
"""Segments of a long recording that are decoded together where the caller wants one recording at a time."""

_PREFETCH_PER_SLOT: Final = 4
"""Recordings loaded for each slot, so that a slot that becomes free is filled at once.

By projection, four a slot are 12 % quicker than one; eight gain 2 % more (`docs/adr/0007-cpu-speed.md`)."""

_MAX_PREFETCH_S: Final[Seconds] = 600.0
"""Most audio loaded ahead: 38 MB of samples."""


def prefetch(steps: Iterable[Step], batch_size: int) -> Iterator[list[Step]]:
    """Load pieces ahead, in pools of at most four for each slot and ten minutes.

    Args:
        steps: loaded as they are taken; an error stands for a recording that cannot be used.
        batch_size: most recordings to decode at a time; with 1, a recording is loaded when its turn comes.
    """
    pool: list[Step] = []
    pool_s = 0.0
    for step in steps:
        pool.append(step)
        pieces = [step.piece] if step.piece is not None else []
        pool_s += sum(piece.recording.audio.duration_s for piece in pieces)
        size = pool_batch_size(pieces, batch_size)
        if len(pool) >= (size * _PREFETCH_PER_SLOT if size > 1 else 1) or pool_s >= _MAX_PREFETCH_S:
            yield pool
            pool, pool_s = [], 0.0
    if pool:
        yield pool


def pool_batch_size(pieces: Iterable[Piece], batch_size: int) -> int:
    """Return how many pieces to decode at a time: `batch_size`, where that is 1 eight of long recordings."""
    return batch_size if batch_size > 1 or all(piece.is_whole for piece in pieces) else _SEGMENT_BATCH


def num_slots(recordings: Collection[LoadedRecording], batch_size: int, max_rows: int) -> int:
    """Return how many recordings to decode at a time; fewer where their caches are large.

    Args:
        recordings: of a pool.
        batch_size: most at a time.
        max_rows: most cache rows of all of them.
    """
    widest = max((recording.num_cache_rows for recording in recordings), default=1)
    return max(1, min(batch_size, len(recordings), max_rows // widest))


def max_cache_rows(spec: DecoderSpec, memory_budget_mb: int | None) -> int:
    """Return how many cache rows a batch may have, by the memory that the caller allows for them."""
    if memory_budget_mb is None:
        return _MAX_CACHE_ROWS
    row_bytes = 2 * spec.num_layers * spec.num_kv_heads * spec.head_dim * _DTYPE_BYTES[spec.kv_dtype]
    return (memory_budget_mb << 20) // row_bytes


def decode_batch(
    decoder: SlotDecoder,
    preparer: Preparer,
    options: DecodingOptions,
    recordings: Mapping[int, LoadedRecording],
    eos_ids: Sequence[int],
    guard_of: Callable[[Audio], LoopGuard],
) -> Iterator[tuple[int, DecodedRecording]]:
    """Decode recordings, as many at a time as there are slots. Each is encoded when a slot is free for it.

    Args:
        decoder: each slot has room for the longest recording.
        preparer: encodes a recording and builds its prompt.
        options: those of the request, for all recordings.
        recordings: index → recording; the indices are the caller's.
        eos_ids: ids that end a text.
        guard_of: gives what ends the text of a recording in a loop.

    Yields:
        Index and decoded recording, in the order they end.
    """
    prepared: dict[int, PreparedRecording] = {}
    times: dict[int, BatchTimes] = {}

    def inputs() -> Iterator[tuple[int, DecoderInput]]:
        for index, recording in recordings.items():
            recording.stopwatch.exclude_wait()
            one = prepared[index] = preparer.prepare(recording.audio, options, recording.stopwatch)
            times[index] = BatchTimes(recording.stopwatch)
            yield index, one.decoder_input

    finished = generate_batch(
        decoder,
        inputs(),
        eos_ids,
        lambda index: times[index].record_token(),
        lambda index: guard_of(prepared[index].audio),
    )
    for index, generation in finished:
        yield index, DecodedRecording(prepared.pop(index), generation, times.pop(index))


def reorder(results: Iterable[tuple[int, Result]]) -> Iterator[Result]:
    """Yield indexed results in order, each as soon as all before it have arrived.

    Args:
        results: (index, result) in any order; indices from 0, without gaps.
    """
    waiting: dict[int, Result] = {}
    next_index = 0
    for index, result in results:
        waiting[index] = result
        while next_index in waiting:
            yield waiting.pop(next_index)
            next_index += 1
