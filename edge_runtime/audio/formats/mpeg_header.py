"""Headers of the frames that MP1, MP2, MP3 and AAC streams consist of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_BITRATES: Final = {
    # (MPEG version 1, layer): kbit/s by index
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = (44_100, 48_000, 32_000)
_MONO: Final = 3
_FRAMES_IN_A_ROW: Final = 3
HEADER_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """One frame of MPEG audio.

    Attributes:
        version: 1, 2, or 3 for "2.5".
        layer: 1, 2 or 3.
        num_bytes: of the frame, header included.
        num_samples: of the frame, per channel.
        sample_rate: in Hz.
        mono: one channel, else two.
    """

    version: int
    layer: int
    num_bytes: int
    num_samples: int
    sample_rate: int
    mono: bool

    @property
    def stream(self) -> tuple[int, int, int, bool]:
        """What all frames of one recording share."""
        return self.version, self.layer, self.sample_rate, self.mono


def parse_header(data: bytes) -> FrameHeader | None:
    """Return the frame whose first four bytes these are, None where they are no header.

    The bitrate "free" counts as none: the length of such frames is not in their header.
    """
    if len(data) < HEADER_BYTES or data[0] != 0xFF or data[1] < 0xE0:  # noqa: PLR2004
        return None
    return _parsed(data[1], data[2], data[3] >> 6)


@lru_cache(maxsize=4096)
def _parsed(second: int, third: int, mode: int) -> FrameHeader | None:
    version = (3, 0, 2, 1)[second >> 3 & 3]
    layer = (0, 3, 2, 1)[second >> 1 & 3]
    bitrate_index, rate_index = third >> 4, third >> 2 & 3
    if not version or not layer or bitrate_index in {0, 15} or rate_index == 3:  # noqa: PLR2004
        return None
    rate = _RATES[rate_index] >> (version - 1)
    bitrate = 1000 * _BITRATES[version == 1, layer][bitrate_index]
    padding = third >> 1 & 1
    if layer == 1:
        return FrameHeader(version, 1, 4 * (12 * bitrate // rate + padding), 384, rate, mode == _MONO)
    samples = 576 if layer == 3 and version > 1 else 1152  # noqa: PLR2004
    return FrameHeader(version, layer, samples // 8 * bitrate // rate + padding, samples, rate, mode == _MONO)


def adts_bytes(data: bytes) -> int:
    """Return the length of the ADTS frame of AAC that begins with these bytes, 0 where there is none."""
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0 or data[2] >> 2 & 15 > 12:  # noqa: PLR2004
        return 0
    length = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    return length if length >= 7 else 0  # noqa: PLR2004


def _loas_bytes(data: bytes) -> int:
    if len(data) < 3 or data[0] != 0x56 or data[1] & 0xE0 != 0xE0:  # noqa: PLR2004
        return 0
    return 3 + ((data[1] & 0x1F) << 8 | data[2])


def _mpeg_bytes(data: bytes) -> int:
    header = parse_header(data)
    return header.num_bytes if header else 0


def find_frames(head: bytes) -> tuple[str, str] | None:
    """Return name and demuxer of the stream of frames in these bytes, None where there is none.

    A recording of a broadcast begins inside a frame, so the first whole frame may come later.
    """
    kinds = ((("mp3", "mp3"), _mpeg_bytes), (("aac", "aac"), adts_bytes), (("loas", "loas"), _loas_bytes))
    for offset in range(max(0, len(head) - 8)):
        if head[offset] not in (0xFF, 0x56):
            continue
        for kind, length_of in kinds:
            if _runs(head, offset, length_of):
                return kind
    return None


def _runs(head: bytes, offset: int, length_of: Callable[[bytes], int]) -> bool:
    """Whether frames follow each other from `offset` on: three, or all up to the end of the bytes."""
    for count in range(_FRAMES_IN_A_ROW):
        if offset + 8 > len(head):
            return count > 1 or (count == 1 and offset == len(head))
        length = length_of(head[offset : offset + 8])
        if not length:
            return False
        offset += length
    return True
