"""Recordings that are decoded together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from edge_runtime.arrays import Seconds
from edge_runtime.decoding.generate_batch import SlotDecoder, generate_batch
from edge_runtime.decoding.timing import BatchTimes
from edge_runtime.errors import AudioError
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.recognition.preparer import Preparer
from edge_runtime.recognition.recording import DecodedRecording, LoadedRecording, PreparedRecording

Result = TypeVar("Result")

_MAX_CACHE_ROWS: Final = 8192
"""Cache rows of all recordings that are decoded together: of the 0.6B shapes 1.9 GB, if all are used."""

_PREFETCH_PER_SLOT: Final = 4
"""Recordings read ahead for each slot, so that one that ends makes room for another.

By projection that is 12 % quicker than one for each; eight gain 2 % more (`docs/adr/0007-cpu-speed.md`)."""

_MAX_PREFETCH_S: Final[Seconds] = 600.0
"""Audio read ahead: 38 MB of samples."""


def prefetch(
    recordings: Iterable[LoadedRecording | AudioError], batch_size: int
) -> Iterator[list[LoadedRecording | AudioError]]:
    """Read recordings ahead, as many as a batch needs and the memory may hold.

    Args:
        recordings: taken one by one; an error stands for one that cannot be used.
        batch_size: most recordings to decode at a time; of 1, none is read before its turn.
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
    """Return how many of some recordings can be decoded at a time; fewer where their caches are large."""
    widest = max((recording.num_cache_rows for recording in recordings), default=1)
    return max(1, min(batch_size, len(recordings), _MAX_CACHE_ROWS // widest))


def decode_batch(
    decoder: SlotDecoder,
    preparer: Preparer,
    options: DecodingOptions,
    recordings: Mapping[int, LoadedRecording],
    eos_ids: Sequence[int],
) -> Iterator[tuple[int, DecodedRecording]]:
    """Decode recordings, as many at a time as there are slots; each is encoded when one comes free.

    Args:
        decoder: its slots hold the largest of them.
        preparer: encodes.
        options: of all.
        recordings: by any number.
        eos_ids: ids that end a text.

    Yields:
        Number and tokens of each, in the order they end.
    """
    prepared: dict[int, PreparedRecording] = {}
    times: dict[int, BatchTimes] = {}

    def inputs() -> Iterator[tuple[int, DecoderInput]]:
        for index, recording in recordings.items():
            recording.stopwatch.exclude_wait()
            one = prepared[index] = preparer.prepare(recording.audio, options, recording.stopwatch)
            times[index] = BatchTimes(recording.stopwatch)
            yield index, one.decoder_input

    finished = generate_batch(decoder, inputs(), eos_ids, lambda index: times[index].record_token())
    for index, generation in finished:
        yield index, DecodedRecording(prepared.pop(index), generation, times.pop(index))


def reorder(results: Iterable[tuple[int, Result]]) -> Iterator[Result]:
    """Put numbered answers in order, each as soon as those before it are there.

    Args:
        results: numbered from 0, without gaps, in any order.
    """
    waiting: dict[int, Result] = {}
    next_index = 0
    for index, result in results:
        waiting[index] = result
        while next_index in waiting:
            yield waiting.pop(next_index)
            next_index += 1
