"""Make text safe for one line of a file."""

from __future__ import annotations

import re
from typing import Final

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029][ \x00-\x1f\x7f-\x9f\u2028\u2029]*")
"""Line breaks of any kind, tabs and control characters. Joiners and direction marks are text, and stay."""

_ARROW: Final = re.compile("-{2,}>")


def one_line(text: str) -> str:
    """Replace each run of line breaks, tabs and control characters by one space, and strip the ends."""
    return _CONTROLS.sub(" ", text).strip()


def within_line(text: str) -> str:
    """Do the same, but keep white space at the ends that is no space, as that of `10\u00a0` before `000`."""
    line = _CONTROLS.sub(" ", text).strip(" ")
    return "" if line.isspace() else line


def without_arrow(text: str) -> str:
    """Replace `-->`, which separates times in SubRip and WebVTT, by `->`.

    Source: `SubtitlesWriter.iterate_result` of openai-whisper, which however turns `--->` into `-->`.
    """
    return _ARROW.sub("->", text)
