"""Samples as bytes, while they arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge_runtime.arrays import Array, Seconds, Waveform
from edge_runtime.audio.waveform import require_rate, to_float
from edge_runtime.errors import UsageError

BLOCK_S: Final[Seconds] = 0.1
"""Most audio in one block: what a hop of half a second waits for without being noticed."""
_MAX_CHANNELS: Final = 64
_WIDTHS: Final = {
    (8, False): "u1",
    (16, False): "<i2",
    (32, False): "<i4",
    (32, True): "<f4",
    (64, True): "<f8",
}
_PACKED_BITS: Final = 24
_READ: Final = "8, 16, 24 and 32 bits of integers, 32 and 64 of floats"


@dataclass(frozen=True, slots=True)
class PcmFormat:
    """How samples are written: interleaved, little-endian.

    Attributes:
        rate: in Hz.
        channels: averaged to one.
        bits: of a sample; 8 are unsigned, as in WAV.
        is_float: whether samples are floats in [-1, 1].
    """

    rate: int
    channels: int = 1
    bits: int = 16
    is_float: bool = False

    def __post_init__(self) -> None:
        """Refuse what no recording has.

        Raises:
            AudioError: an impossible rate.
            UsageError: an impossible number of channels, or samples that cannot be read.
        """
        require_rate(self.rate)
        if not 1 <= self.channels <= _MAX_CHANNELS:
            raise UsageError(f"{self.channels} channels cannot be. Give 1 to {_MAX_CHANNELS}.")
        if (self.bits, self.is_float) not in _WIDTHS and (self.bits, self.is_float) != (_PACKED_BITS, False):
            kind = "floats" if self.is_float else "integers"
            raise UsageError(f"Samples are {kind} of {self.bits} bits; those that can be read have {_READ}.")

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return self.channels * self.bits // 8

    def to_mono(self, data: bytes) -> Waveform:
        """Return whole frames as mono samples in [-1, 1], shape (num_frames,)."""
        samples = to_float(self._samples(data)).reshape(-1, self.channels)
        return samples[:, 0] if self.channels == 1 else samples.mean(axis=1, dtype=np.float32)

    def _samples(self, data: bytes) -> Array:
        if self.bits != _PACKED_BITS:
            return np.frombuffer(data, _WIDTHS[self.bits, self.is_float])
        packed = np.frombuffer(data, np.uint8).reshape(-1, 3)
        return np.pad(packed, ((0, 0), (1, 0))).view("<i4")[:, 0]  # the missing byte is the lowest


def read_blocks(
    read: Callable[[int], bytes],
    pcm: PcmFormat,
    *,
    num_bytes: int | None = None,
    remark: Callable[[str], None],
) -> Iterator[Waveform]:
    """Yield what arrives, as soon as it does, in blocks of at most `BLOCK_S`.

    Args:
        read: returns at most so many bytes, without waiting for all of them; none at the end.
        pcm: their format.
        num_bytes: of samples that are to come, None for all.
        remark: called where the end is not that of a sample, or comes early.
    """
    limit = max(1, round(BLOCK_S * pcm.rate)) * pcm.frame_bytes
    taken, rest = 0, b""
    while (
        wanted := limit - len(rest) if num_bytes is None else min(limit - len(rest), num_bytes - taken)
    ) > 0:
        data = read(wanted)
        if not data:
            break
        taken += len(data)
        held = rest + data
        whole = len(held) // pcm.frame_bytes * pcm.frame_bytes
        rest = held[whole:]
        if whole:
            yield pcm.to_mono(held[:whole])
    if rest:
        remark(f"it ends in the middle of a sample; its last {len(rest)} bytes are left out.")
    if num_bytes is not None and taken < num_bytes:
        seconds = (num_bytes - taken) / pcm.frame_bytes / pcm.rate
        remark(f"it ends {seconds:.1f} s before the length in its header.")
