"""One recording and what must become of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge_runtime.arrays import Waveform
from edge_runtime.audio.options import LoadOptions

FILE, STDIN, BYTES = "file", "stdin", "bytes"
EVERY_WAY = (FILE, STDIN, BYTES)
AS_IT_IS = LoadOptions()


@dataclass(frozen=True, kw_only=True)
class Case:
    """A recording: its text is that of the clean clip unless it is said to be another.

    Attributes:
        group: what it is an example of.
        name: what it is.
        path: the recording.
        reference: samples at 16 kHz whose text it must have; None for the clean clip.
        error_pattern: pattern of the message with which it must be refused; None where it must be taken.
        notices: codes of the notices that it must have, no others.
        options: how it is read.
        ways: how it is given.
        window_s: the part of it that is transcribed, start and end; None for all.
    duration_s: length that it must have, to a fifth of a second; None for any.
        max_audio_s: longest audio to accept.
    """

    group: str
    name: str
    path: Path
    reference: Waveform | None = None
    error_pattern: str | None = None
    notices: frozenset[str] = frozenset()
    options: LoadOptions = AS_IT_IS
    ways: tuple[str, ...] = EVERY_WAY
    window_s: tuple[float, float] | None = None
    duration_s: float | None = None
    max_audio_s: float = 60.0
