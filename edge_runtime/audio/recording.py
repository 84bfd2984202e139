"""A recording that is read as often as wanted, a block at a time, so that nothing of it stays in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Protocol, TypeVar

import numpy as np

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.decode import Decoding, stream_limit
from edge_runtime.audio.medium import Medium, open_stream
from edge_runtime.audio.notice import AudioNotice
from edge_runtime.audio.options import LoadOptions
from edge_runtime.audio.tracks import ClockError
from edge_runtime.audio.waveform import divide_peak

MAX_RECORDING_S: Final[Seconds] = 24 * 3600.0
"""Longest recording; what claims to be longer is a fault of its header or its clock."""
_BLOCK_SAMPLES: Final = 1 << 16


class BlockSink(Protocol):
    """Takes the blocks of a recording."""

    def add(self, block: Waveform) -> None:
        """Take mono samples at the model's rate, not limited by the peak of the whole."""
        ...


AnySink = TypeVar("AnySink", bound=BlockSink)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a recording once it was read to its end.

    Attributes:
        num_samples: at `sample_rate`.
        sample_rate: the model's rate in Hz.
        peak: by which samples are divided where it is above 1.
        source_rate: rate of the recording in Hz.
        source_channels: channels of the recording.
        source: the path, "-" for standard input, None without a name.
        sha256: hash of the bytes, None for samples in memory.
        notices: what a listener should know.
        clock: samples are placed by the times of the container.
        speech_s: seconds of speech, where somebody has detected it; None where nobody looked.
    """

    num_samples: int
    sample_rate: int
    peak: float
    source_rate: int
    source_channels: int
    source: str | None = None
    sha256: str | None = None
    notices: tuple[AudioNotice, ...] = ()
    clock: bool = True
    speech_s: Seconds | None = None

    @property
    def duration_s(self) -> Seconds:
        """Length in seconds."""
        return self.num_samples / self.sample_rate


class Recording(Protocol):
    """A recording that can be read again and again."""

    def scan(self, new_sink: Callable[[], AnySink]) -> tuple[AnySink, Facts]:
        """Read to the end.

        Args:
            new_sink: makes what takes the blocks; a recording that must be begun anew needs another.

        Raises:
            AudioError: it is not audio, damaged, or longer than `MAX_RECORDING_S`.
        """
        ...

    def stretches(self, facts: Facts, ranges: Iterable[tuple[int, int]]) -> Iterator[Waveform]:
        """Yield stretches as the whole waveform has them, in one pass from the beginning to the last of them.

        Args:
            facts: of `scan`.
            ranges: first sample and one behind the last of each, first samples in ascending order.
        """
        ...


@dataclass(frozen=True, slots=True)
class EncodedRecording:
    """The bytes of a recording.

    Attributes:
        medium: the bytes; open for as long as the recording is read.
        source: what results call it, None for bytes in memory.
        sample_rate: the model's rate in Hz.
        options: choices of the caller.
    """

    medium: Medium
    source: str | None
    sample_rate: int
    options: LoadOptions

    def scan(self, new_sink: Callable[[], AnySink]) -> tuple[AnySink, Facts]:
        """See `Recording`."""
        try:
            return self._scan(new_sink(), clock=True)
        except ClockError:
            return self._scan(new_sink(), clock=False)

    def stretches(self, facts: Facts, ranges: Iterable[tuple[int, int]]) -> Iterator[Waveform]:
        """See `Recording`."""
        blocks = self._decoding(clock=facts.clock).blocks()
        return (divide_peak(stretch, facts.peak) for stretch in cut_blocks(blocks, ranges))

    def _scan(self, sink: AnySink, *, clock: bool) -> tuple[AnySink, Facts]:
        decoding = self._decoding(clock=clock)
        num_samples = 0
        for block in decoding.blocks():
            sink.add(block)
            num_samples += len(block)
        mixdown = decoding.mixdown
        return sink, Facts(
            num_samples,
            self.sample_rate,
            mixdown.peak,
            mixdown.source_rate,
            mixdown.source_channels,
            self.source,
            self.medium.sha256(),
            decoding.notices,
            clock,
        )

    def _decoding(self, *, clock: bool) -> Decoding:
        return Decoding(self.medium, self.sample_rate, MAX_RECORDING_S, self.options, clock=clock)


@dataclass(frozen=True, slots=True)
class SampledRecording:
    """Samples in memory.

    Attributes:
        waveform: mono samples in [-1, 1], shape (num_samples,).
        facts: of the recording they are.
    """

    waveform: Waveform
    facts: Facts

    def scan(self, new_sink: Callable[[], AnySink]) -> tuple[AnySink, Facts]:
        """See `Recording`."""
        sink = new_sink()
        for start in range(0, len(self.waveform), _BLOCK_SAMPLES):
            sink.add(self.waveform[start : start + _BLOCK_SAMPLES])
        return sink, self.facts

    def stretches(self, facts: Facts, ranges: Iterable[tuple[int, int]]) -> Iterator[Waveform]:
        """See `Recording`."""
        del facts  # the samples were limited when they were loaded
        return (self.waveform[first:end] for first, end in ranges)


@dataclass(frozen=True, slots=True)
class SpooledAudio:
    """A stream that was read to its end and can be read again; its spool goes when it is dropped."""

    medium: Medium
    source: str | None
    options: LoadOptions
    _spool: object = field(repr=False, compare=False)


def spool_stream(stream: BinaryIO, options: LoadOptions, name: str) -> SpooledAudio:
    """Read a stream to its end into memory, from 8 MB on into a file without a name.

    Raises:
        AudioError: it is empty, no audio, or cannot be read.
    """
    spool = open_stream(stream, name, stream_limit)
    return SpooledAudio(spool.__enter__(), name, options, spool)


def cut_blocks(blocks: Iterator[Waveform], ranges: Iterable[tuple[int, int]]) -> Iterator[Waveform]:
    """Yield stretches of consecutive blocks; raises as `blocks` do.

    Args:
        blocks: of one recording; no more are taken than the stretches need.
        ranges: first sample and one behind the last of each, first samples in ascending order.
    """
    held: deque[Waveform] = deque()
    held_from = held_to = 0
    for first, end in ranges:
        while held_to < end and (block := next(blocks, None)) is not None:
            held.append(block)
            held_to += len(block)
            held_from += _drop_before(held, first - held_from)
        held_from += _drop_before(held, first - held_from)
        stretch = np.concatenate(held) if held else np.zeros(0, np.float32)
        yield stretch[max(0, first - held_from) : max(0, end - held_from)]


def _drop_before(held: deque[Waveform], num_samples: int) -> int:
    """Drop the blocks that lie before the next `num_samples`; return the samples that went."""
    dropped = 0
    while held and dropped + len(held[0]) <= num_samples:
        dropped += len(held.popleft())
    return dropped
