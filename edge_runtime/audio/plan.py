"""What libsndfile is to be given of a recording, and what is known of it before a sample is decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, Final

from edge_runtime.audio.formats import mpeg, mpeg_tag, ogg, riff
from edge_runtime.audio.formats.adts import ends_inside_frame
from edge_runtime.audio.formats.boxes import avi_damage, mp4_damage
from edge_runtime.audio.formats.content import Content
from edge_runtime.audio.formats.pieces import PiecedFile
from edge_runtime.audio.formats.transport import transport_damage
from edge_runtime.audio.medium import Medium
from edge_runtime.audio.notice import AudioNotice

_FLAC_HEADER: Final = b"fLaC\x00\x00\x00\x22"
_CHUNK_BYTES: Final = 1 << 20
_COMPLAINTS_OF_ONE_FRAME: Final = 3
_LAYER_3: Final = 3
_MPEG_CODECS: Final = {0x50, 0x55}
_OWN_CODECS: Final = {1, 2, 3, 6, 7, 0x11, 0x31, 0x50, 0x55}
"""Codecs of a WAV that libsndfile decodes: if it refuses one, the file is damaged."""


@dataclass(frozen=True, slots=True)
class Part:
    """One recording for libsndfile; the parts of a joined file follow each other.

    Attributes:
        file: at its beginning.
        noisy: its decoder prints remarks.
        exact: its header says how many samples there are.
        min_samples: it has at least so many samples, whatever libsndfile thinks.
        counted: the same with a header that says so, None where there is no need or no way.
    """

    file: BinaryIO | PiecedFile
    noisy: bool = False
    exact: bool = True
    min_samples: int = 0
    counted: PiecedFile | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read a recording.

    Attributes:
        parts: for libsndfile, in order; none where only ffmpeg can read it.
        damage: what is wrong, as the rest of a sentence about the recording.
        notices: what a listener should know.
        ffmpeg: ffmpeg may try what libsndfile refuses.
        forgiven: complaints of ffmpeg that are no damage, since an unfinished last frame causes them.
    """

    parts: tuple[Part, ...] = ()
    damage: tuple[str, ...] = ()
    notices: tuple[AudioNotice, ...] = ()
    ffmpeg: bool = True
    forgiven: int = 0


def plan_for(medium: Medium, content: Content) -> Plan:
    """Return how to read a recording of this kind."""
    planner = _PLANNERS.get(content.name)
    return planner(medium, content.start) if planner else Plan()


def _wav(medium: Medium, start: int) -> Plan:
    parts: list[Part] = []
    damage: list[str] = []
    notices: list[AudioNotice] = []
    own = True
    while (layout := riff.wav_layout(medium, start)) is not None:
        own &= layout.codec in _OWN_CODECS
        if layout.declared is not None and layout.declared > layout.available:
            damage.append(
                f"it holds {layout.available} of the {layout.declared} bytes of samples that it declares"
            )
        following = _next_wav(medium, layout.stop)
        if layout.codec in _MPEG_CODECS:
            inner = _mp3(medium, layout.start, layout.stop)
            parts += inner.parts
            damage += inner.damage
        elif layout.needs_size:
            notices += [_UNWRITTEN] * (layout.declared == 0)
            parts.append(Part(PiecedFile(medium, riff.with_size(medium, layout, start=start))))
        elif following is None and not parts:
            parts.append(Part(medium.file))
        else:
            parts.append(Part(PiecedFile(medium, (range(start, layout.stop),))))
        if following is None:
            break
        start = following
    whole = Part(medium.file, noisy=True)
    return Plan(tuple(parts) or (whole,), tuple(damage), tuple(notices), ffmpeg=not own)


_INSIDE_FRAME: Final = AudioNotice(
    "may_be_cut", "It ends inside a frame: if it was cut off, its end is missing."
)
_UNWRITTEN: Final = AudioNotice(
    "length_not_written",
    "Its header says that it is empty: the recorder was stopped before it wrote the length. All that follows "
    "the header was taken.",
)


def _next_wav(medium: Medium, stop: int) -> int | None:
    """Return the offset of a WAV that was joined to the end of another."""
    for start in (stop, stop + stop % 2):
        head = medium.read_at(start, 12)
        if head[:4] in {b"RIFF", b"RF64"} and head[8:] == b"WAVE":
            return start
    return None


def _mp3(medium: Medium, start: int, stop: int) -> Plan:
    result = mpeg.survey(medium, start, stop)
    damage = [
        f"it holds {link.num_frames} of the {link.declared_frames} frames that it declares"
        for link in result.links
        if (link.declared_frames or 0) > link.num_frames + 1
    ]
    if result.lost_bytes:
        damage.append(f"{result.lost_bytes} bytes between its frames are not readable")
    notices = [_INSIDE_FRAME] if result.cut_bytes and not damage and not result.links[-1].tag else []
    if stop == medium.size and not result.lost_bytes and len(result.links) == 1 and result.links[0].is_plain:
        parts = [Part(medium.file, noisy=True)]
    else:
        parts = [_mpeg_part(medium, link) for link in result.links]
    return Plan(tuple(parts) or (Part(medium.file, noisy=True),), tuple(damage), tuple(notices))


def _mpeg_part(medium: Medium, link: mpeg.Link) -> Part:
    if link.tag:
        tag = mpeg_tag.with_count(link.tag, link.header, link.num_frames)
        return Part(PiecedFile(medium, (tag, *link.ranges)), noisy=True)
    counted = None
    if link.header.layer == _LAYER_3:
        tag = mpeg_tag.new_tag(link.first, link.header, link.num_frames)
        counted = PiecedFile(medium, (tag, *link.ranges))
    plain = PiecedFile(medium, tuple(link.ranges))
    return Part(plain, noisy=True, exact=False, min_samples=link.num_samples, counted=counted)


def _ogg(medium: Medium, start: int) -> Plan:
    result = ogg.survey(medium, start)
    damage = tuple(result.damage())
    if not result.links or not all(link.for_libsndfile for link in result.links):
        return Plan((), damage)
    notices: tuple[AudioNotice, ...] = ()
    if not damage and not result.ended:
        notices = (AudioNotice("may_be_cut", "Its last page is missing: if it was cut off, its end is."),)
    if len(result.links) == 1:
        return Plan((Part(medium.file, exact=False),), damage, notices)
    files = [PiecedFile(medium, (range(link.start, link.stop),)) for link in result.links]
    return Plan(tuple(Part(file, exact=False) for file in files), damage, notices)


def _flac(medium: Medium, start: int) -> Plan:
    starts = [start, *_find_all(medium, _FLAC_HEADER, start + 4), medium.size]
    if len(starts) == 2:  # noqa: PLR2004  # begin and end
        return Plan((Part(medium.file),))
    files = [PiecedFile(medium, (range(*ends),)) for ends in pairwise(starts)]
    return Plan(tuple(map(Part, files)))


def _find_all(medium: Medium, wanted: bytes, start: int) -> list[int]:
    """Return the offsets of all occurrences of some bytes."""
    result = []
    while window := medium.read_at(start, _CHUNK_BYTES):
        at = window.find(wanted)
        if at >= 0:
            result.append(start + at)
            start += at + len(wanted)
        elif len(window) < _CHUNK_BYTES:
            break
        else:
            start += len(window) - len(wanted) + 1
    return result


def _aac(medium: Medium, start: int) -> Plan:
    if not ends_inside_frame(medium, start):
        return Plan()
    return Plan((), (), (_INSIDE_FRAME,), forgiven=_COMPLAINTS_OF_ONE_FRAME)


def _plain(medium: Medium, _: int) -> Plan:
    return Plan((Part(medium.file),))


def _unknown(medium: Medium, _: int) -> Plan:
    return Plan((Part(medium.file, noisy=True),))  # libsndfile may take it for an MP3


_PLANNERS: Final[dict[str, Callable[[Medium, int], Plan]]] = {
    **dict.fromkeys(("wav", "rf64", "rifx", "w64"), _wav),
    **dict.fromkeys(("aiff", "au", "caf", "voc", "sph", "svx", "avr"), _plain),
    "mp3": lambda medium, start: _mp3(medium, start, medium.size),
    "ogg": _ogg,
    "flac": _flac,
    "aac": _aac,
    "sds": lambda *_: Plan(forgiven=1),  # ffmpeg complains of the end of every one
    "unknown": _unknown,
    "mp4": lambda medium, start: Plan((), tuple(mp4_damage(medium, start))),
    "mpegts": lambda medium, start: Plan((), tuple(transport_damage(medium, start))),
    "avi": lambda medium, start: Plan((), tuple(avi_damage(medium, start))),
}
