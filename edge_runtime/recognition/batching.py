"""Batches of recordings: prefetched, decoded together, put back in order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from edge_runtime.arrays import Seconds
from edge_runtime.audio.load import Audio
from edge_runtime.decoding.generate_batch import SlotDecoder, generate_batch
from edge_runtime.decoding.loop_guard import LoopGuard
from edge_runtime.decoding.timing import BatchTimes
from edge_runtime.errors import AudioError
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.recognition.preparer import Preparer
from edge_runtime.recognition.recording import DecodedRecording, LoadedRecording, PreparedRecording

Result = TypeVar("Result")

_MAX_CACHE_ROWS: Final = 8192
"""Most cache rows of all recordings of a batch: 1.9 GB for the 0.6B shapes, if all are used."""

_PREFETCH_PER_SLOT: Final = 4
"""Recordings loaded for each slot, so that a slot that becomes free is filled at once.

By projection, four a slot are 12 % quicker than one; eight gain 2 % more (`docs/adr/0007-cpu-speed.md`)."""

_MAX_PREFETCH_S: Final[Seconds] = 600.0
"""Most audio loaded ahead: 38 MB of samples."""


def prefetch(
    recordings: Iterable[LoadedRecording | AudioError], batch_size: int
) -> Iterator[list[LoadedRecording | AudioError]]:
    """Load recordings ahead, in pools of at most four for each slot and ten minutes.

    Args:
        recordings: loaded as they are taken; an error stands for one that cannot be used.
        batch_size: most recordings to decode at a time; with 1, a recording is loaded when its turn comes.
    """
    max_recordings = batch_size * _PREFETCH_PER_SLOT if batch_size > 1 else 1
    pool: list[LoadedRecording | AudioError] = []
    pool_s = 0.0
    for recording in recordings:
        pool.append(recording)
        pool_s += recording.audio.duration_s if isinstance(recording, LoadedRecording) else 0.0
        if len(pool) == max_recordings or pool_s >= _MAX_PREFETCH_S:
            yield pool
            pool, pool_s = [], 0.0
    if pool:
        yield pool


def num_slots(recordings: Collection[LoadedRecording], batch_size: int) -> int:
    """Return how many recordings to decode at a time; fewer where their caches are large."""
    widest = max((recording.num_cache_rows for recording in recordings), default=1)
    return max(1, min(batch_size, len(recordings), _MAX_CACHE_ROWS // widest))


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
