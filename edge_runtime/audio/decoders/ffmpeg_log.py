"""What ffmpeg says on stderr: the tracks of a container, and its complaints about them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from edge_runtime.arrays import Seconds

_LINE: Final = re.compile(r"(?:\[(?P<context>[^\]@]+) @ 0x[0-9a-f]+\] )*\[(?P<level>[a-z]+)\] ?(?P<text>.*)")
_STREAM: Final = re.compile(
    r"  Stream #0:(?P<index>\d+)(?:\[0x[0-9a-f]+\])?(?:\((?P<language>\w+)\))?: "
    r"(?P<kind>\w+): (?P<codec>\w+)(?P<rest>.*)"
)
_DURATION: Final = re.compile(r"  Duration: (\d+):(\d\d):(\d\d\.\d+)")
_MAPPED: Final = re.compile(r"  Stream #0:(\d+) -> #0:0 \((\S+) \((\S+)\) ->")
_CORRUPT: Final = re.compile(r"Packet corrupt \(stream = (\d+)|corrupt input packet in stream (\d+)")
_SILENCE: Final = re.compile(r"adding (\d+) audio samples of silence")
_DROPPED: Final = re.compile(r"discarding (\d+) audio samples")
_HARMLESS: Final = re.compile(
    r"index entry|key ?frame|edit list|chapter|metadata|cover|time ?code", re.IGNORECASE
)
"""What demuxers complain of at length although no sound is missing."""
_OTHER_STREAM: Final = re.compile(r"stream (\d+), ")
_ESTIMATE: Final = "Estimating duration from bitrate"
_OUTPUT: Final = "Output #0"
_SERIOUS: Final = {"error", "fatal", "panic"}
_MAX_COMPLAINTS: Final = 1000


@dataclass(frozen=True, slots=True)
class Track:
    """An audio track; `index` counts all streams of the container, `language` is a code or ""."""

    index: int
    language: str
    codec: str
    default: bool


@dataclass(slots=True)
class FfmpegLog:
    """What has been said so far; lines are taken one by one.

    Attributes:
        tracks: audio tracks in order.
        has_picture: the container has video, a cover aside.
        duration_s: what the container declares, None where it does not.
        duration_estimated: ffmpeg reckoned it from the bit rate.
        complaints: of the demuxer and the decoder of the track, and what comes from ffmpeg itself.
        silence_samples: put where the track has a gap, at the track's rate.
        dropped_samples: left out where parts of the track overlap.
        started: the description of the input is complete.
        last: last serious line, whoever wrote it, or the first without a level.
    """

    demuxer: str
    tracks: list[Track] = field(default_factory=list)
    has_picture: bool = False
    duration_s: Seconds | None = None
    duration_estimated: bool = False
    complaints: list[str] = field(default_factory=list)
    silence_samples: int = 0
    dropped_samples: int = 0
    started: bool = False
    last: str = ""
    _mapped: str = ""
    _decoder: set[str] = field(default_factory=set)

    def read(self, lines: Iterable[str]) -> None:
        """Take lines as they come."""
        for line in lines:
            self._take(line.rstrip("\r\n"))

    def _take(self, line: str) -> None:
        match = _LINE.match(line)
        if match is None:
            self.last = self.last or line.strip()  # of the system, where ffmpeg did not even start
            return
        context, level, text = match["context"] or "", match["level"], match["text"]
        if level in _SERIOUS:
            self._complain(context.strip(), text)
        elif level == "warning" and _ESTIMATE in text:
            self.duration_estimated = True
        elif level == "warning" and (corrupt := _CORRUPT.search(text)):
            if (corrupt[1] or corrupt[2]) in {self._mapped, ""}:
                self._complain("", text)
        elif level == "info":
            self._describe(text)
        elif level == "verbose":
            self.silence_samples += sum(map(int, _SILENCE.findall(text)))
            self.dropped_samples += sum(map(int, _DROPPED.findall(text)))

    def _complain(self, context: str, text: str) -> None:
        self.last = text or self.last
        ours = not context or context in self._decoder
        if self.demuxer in context.split(","):
            stream = _OTHER_STREAM.match(text)
            ours = not _HARMLESS.search(text) and (stream is None or stream[1] == self._mapped)
        if ours and text and len(self.complaints) < _MAX_COMPLAINTS:
            self.complaints.append(text)

    def _describe(self, text: str) -> None:
        if self.started:
            return
        if text.startswith(_OUTPUT):
            self.started = True
        elif duration := _DURATION.match(text):
            hours, minutes, seconds = duration.groups()
            self.duration_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        elif mapped := _MAPPED.match(text):
            self._mapped, self._decoder = mapped[1], {mapped[2], mapped[3]}
        elif stream := _STREAM.match(text):
            self._add(stream)

    def _add(self, stream: re.Match[str]) -> None:
        if stream["kind"] == "Video":
            self.has_picture |= "(attached pic)" not in stream["rest"]
        elif stream["kind"] == "Audio":
            default = "(default)" in stream["rest"]
            track = Track(int(stream["index"]), stream["language"] or "", stream["codec"], default)
            self.tracks.append(track)
