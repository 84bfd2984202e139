"""The pages of an Ogg file: which streams there are, whether one is behind another, whether all is there."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from edge_runtime.audio.medium import Medium

_MAGIC: Final = b"OggS"
_HEADER_BYTES: Final = 27
_MAX_PAGE_BYTES: Final = _HEADER_BYTES + 255 + 255 * 255
_CHUNK_BYTES: Final = 1 << 20
_FIRST, _LAST = 2, 4
"""Flags of a page: of the first and of the last page of a stream."""
_REVERSED: Final = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
_FOR_LIBSNDFILE: Final = (b"\x01vorbis", b"OpusHead")


@dataclass(slots=True)
class OggLink:
    """Streams that begin together. Files that were joined, and broadcasts, have several links.

    Attributes:
        start: offset of the first page.
        stop: offset behind the last page.
        codecs: first bytes of each stream.
        next_page: expected number of the next page, by stream.
        ended: streams whose last page is there.
    """

    start: int
    stop: int
    codecs: list[bytes] = field(default_factory=list)
    next_page: dict[int, int] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)

    @property
    def for_libsndfile(self) -> bool:
        """Whether it is one stream of a codec that libsndfile decodes."""
        return len(self.codecs) == 1 and self.codecs[0].startswith(_FOR_LIBSNDFILE)


@dataclass(slots=True)
class OggSurvey:
    """All of an Ogg file.

    Attributes:
        links: one behind the other.
        broken: pages whose checksum is not that of their bytes, and places where something else stands.
        missing: pages whose numbers are left out.
        cut: it ends inside a page.
    """

    links: list[OggLink] = field(default_factory=list)
    broken: int = 0
    missing: int = 0
    cut: bool = False

    @property
    def ended(self) -> bool:
        """Whether every stream has its last page."""
        return all(link.ended == set(link.next_page) for link in self.links)

    def damage(self) -> Iterator[str]:
        """Yield what is wrong, as the rest of a sentence about the recording."""
        if self.broken:
            yield f"{self.broken} of its pages are damaged"
        if self.missing:
            yield f"{self.missing} of its pages are missing"
        if self.cut:
            yield "it ends inside a page"

    def add(self, page: bytes, offset: int, *, new_link: bool) -> None:
        """Take one more page."""
        serial, number = int.from_bytes(page[14:18], "little"), int.from_bytes(page[18:22], "little")
        if new_link or not self.links:
            self.links.append(OggLink(offset, offset))
        link = self.links[-1]
        if page[5] & _FIRST:
            link.codecs.append(page[_HEADER_BYTES + page[26] :][:8])
        self.missing += max(0, number - link.next_page.get(serial, number))
        link.next_page[serial] = number + 1
        if page[5] & _LAST:
            link.ended.add(serial)
        link.stop = offset + len(page)


def survey(medium: Medium, start: int) -> OggSurvey:
    """Walk through the pages.

    Args:
        medium: the recording.
        start: offset of the first page.
    """
    result = OggSurvey()
    position, was_first = start, False
    for offset, page, length in _pages(medium, start):
        result.broken += offset != position
        if len(page) < length:
            result.cut = True
            break
        position = offset + length
        if not _is_whole(page):
            result.broken += 1
            continue
        is_first = bool(page[5] & _FIRST)
        result.add(page, offset, new_link=is_first and not was_first)
        was_first = is_first
    # The pages that were left out belong to the link around them.
    for link, following in pairwise(result.links):
        link.stop = following.start
    if result.links:
        result.links[-1].stop = medium.size
    return result


def _pages(medium: Medium, start: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield offset, bytes and length of each page; the last may have fewer bytes than that."""
    window, window_at, position = b"", 0, start
    while True:
        if position + _MAX_PAGE_BYTES > window_at + len(window) < medium.size:
            window_at, window = position, medium.read_at(position, _CHUNK_BYTES)
        at = window.find(_MAGIC, position - window_at)
        if at < 0 and window_at + len(window) >= medium.size:
            return
        if at < 0 or (len(window) - at < _MAX_PAGE_BYTES and window_at + len(window) < medium.size):
            position = window_at + (at if at >= 0 else len(window) - len(_MAGIC))
            continue
        segments = window[at + 26 : at + 27] and window[at + _HEADER_BYTES :][: window[at + 26]]
        length = _HEADER_BYTES + len(segments) + sum(segments)
        complete = bool(segments) or window[at + 26 : at + 27] == b"\0"
        if complete and len(segments) == window[at + 26]:
            yield window_at + at, window[at : at + length], length
        else:
            yield window_at + at, b"", _HEADER_BYTES
        position = window_at + at + length


def _is_whole(page: bytes) -> bool:
    """Whether the checksum of a page is that of its bytes.

    Ogg's CRC takes the bits of a byte from the other end than zlib's, so both sides are turned round.
    """
    turned = (page[:22] + bytes(4) + page[26:]).translate(_REVERSED)
    value = zlib.crc32(turned, 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int(f"{value:032b}"[::-1], 2) == int.from_bytes(page[22:26], "little")
