"""The frames of an MP3: where they lie, and where one recording ends and the next begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from edge_runtime.audio.formats.content import id3_bytes
from edge_runtime.audio.formats.mpeg_header import HEADER_BYTES, FrameHeader, parse_header
from edge_runtime.audio.formats.mpeg_tag import declared_frames, is_tag
from edge_runtime.audio.medium import Medium

_CHUNK_BYTES: Final = 1 << 18
_LOOKAHEAD_BYTES: Final = 1 << 14
"""More than two frames and the header of the next."""
_ID3V1_BYTES: Final = 128
_APE_HEADER_BYTES: Final = 32


@dataclass(slots=True)
class Link:
    """A run of frames of one kind: a whole recording, since joined ones are several.

    Attributes:
        header: of its first frame.
        ranges: offsets of the frames of sound; neighbours are one range.
        num_frames: frames of sound.
        first: bytes of the first of them.
        tag: the frame that says how many there are, b"" without one.
        declared_frames: what the tag says, None where it does not.
    """

    header: FrameHeader
    ranges: list[range] = field(default_factory=list)
    num_frames: int = 0
    first: bytes = b""
    tag: bytes = b""
    declared_frames: int | None = None

    @property
    def num_samples(self) -> int:
        """Samples of all frames, per channel."""
        return self.num_frames * self.header.num_samples

    @property
    def is_plain(self) -> bool:
        """Whether a tag says how many frames there are, and they follow each other."""
        return self.declared_frames == self.num_frames and len(self.ranges) == 1

    def add(self, start: int, frame: bytes) -> None:
        """Take one more frame of sound."""
        self.first = self.first or frame
        self.num_frames += 1
        joins = bool(self.ranges) and self.ranges[-1].stop == start
        begin = self.ranges.pop().start if joins else start
        self.ranges.append(range(begin, start + len(frame)))


@dataclass(slots=True)
class Survey:
    """All of an MP3.

    Attributes:
        links: its recordings.
        lost_bytes: bytes between frames that are neither frames nor tags.
        cut_bytes: bytes of an unfinished frame at the end.
    """

    links: list[Link] = field(default_factory=list)
    lost_bytes: int = 0
    cut_bytes: int = 0

    def add(self, offset: int, header: FrameHeader, frame: bytes) -> None:
        """Take one more frame."""
        tag = is_tag(frame, header)
        if tag or not self.links or header.stream != self.links[-1].header.stream:
            self.links.append(Link(header))
        link = self.links[-1]
        if tag:
            link.tag, link.declared_frames = frame, declared_frames(frame, header)
        else:
            link.add(offset, frame)


def survey(medium: Medium, start: int, stop: int) -> Survey:
    """Walk through the frames of an MP3.

    Args:
        medium: the recording.
        start: offset behind the tags at its beginning.
        stop: offset of its end.
    """
    result = Survey()
    window = _Window(medium, stop)
    position = start
    while position + HEADER_BYTES <= stop:
        stream = result.links[-1].header.stream if result.links else None
        header = window.frame(position, stream)
        if header is not None and position + header.num_bytes > stop:
            result.cut_bytes = stop - position
            break
        if header is not None:
            result.add(position, header, window.peek(position, header.num_bytes))
            position += header.num_bytes
            continue
        tag_bytes = window.tag_bytes(position)
        following = position + tag_bytes if tag_bytes else window.next_frame(position + 1)
        if not tag_bytes and result.links and following < stop:
            result.lost_bytes += following - position
        position = following
    result.links = [link for link in result.links if link.num_frames]
    return result


class _Window:
    """Looks at a recording a large piece at a time."""

    def __init__(self, medium: Medium, stop: int) -> None:
        self._medium, self._stop = medium, stop
        self._start, self._data = 0, b""

    def peek(self, position: int, count: int) -> bytes:
        """Return bytes from `position` on, fewer at the end."""
        count = min(count, self._stop - position)
        if position < self._start or position + count > self._start + len(self._data):
            self._start = position
            self._data = self._medium.read_at(position, min(max(count, _CHUNK_BYTES), self._stop - position))
        at = position - self._start
        return self._data[at : at + count]

    def frame(self, position: int, stream: object) -> FrameHeader | None:
        """Return the frame at `position`; one of another stream than the last needs its like behind it."""
        header = parse_header(self.peek(position, HEADER_BYTES))
        if header is None or header.stream == stream:
            return header
        after = position + header.num_bytes
        if after + HEADER_BYTES > self._stop:
            return header if after == self._stop else None
        following = parse_header(self.peek(after, HEADER_BYTES))
        return header if following is not None and following.stream == header.stream else None

    def tag_bytes(self, position: int) -> int:
        """Return the length of the tag at `position`, 0 where there is none."""
        head = self.peek(position, _APE_HEADER_BYTES)
        if head[:3] == b"TAG":
            return _ID3V1_BYTES
        if head[:8] == b"APETAGEX" and len(head) == _APE_HEADER_BYTES:
            return _APE_HEADER_BYTES + int.from_bytes(head[12:16], "little")
        return id3_bytes(head[:10])

    def next_frame(self, position: int) -> int:
        """Return the offset of the next frame that is followed by its like, or else the end."""
        while position + HEADER_BYTES <= self._stop:
            data = self.peek(position, _CHUNK_BYTES)
            at = data.find(b"\xff")
            if at < 0:
                position += len(data)
            elif self.frame(position + at, None) is not None:
                return position + at
            else:
                position += at + 1
        return self._stop
