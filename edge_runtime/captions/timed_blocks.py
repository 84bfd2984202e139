"""SubRip and WebVTT: a line with two times, and below it the text.

Sources: W3C WebVTT, section 4 (syntax); SubRip has none, so that what players accept is read: any number of
digits in the fraction, a comma or a full stop before it, blank lines inside a text, no blank line after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, pairwise
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.captions.caption_file import Caption, Stamp

_CLOCK: Final = r"(?:\d+:)?\d{1,2}:\d{1,2}[,.]\d{1,3}"
_TIME_LINE: Final = re.compile(rf"[^\S\n]*({_CLOCK})[^\S\n]*-->[^\S\n]*({_CLOCK})(?![\d:])", re.ASCII)
_VTT: Final = re.compile(r"\ufeff?WEBVTT(?:\s|$)")
_NUMBER: Final = re.compile(r"\s*\d+\s*", re.ASCII)


def is_vtt(text: str) -> bool:
    """Tell whether a text is a WebVTT file."""
    return _VTT.match(text) is not None


def has_time_line(text: str) -> bool:
    """Tell whether a line of a text has the two times of a caption."""
    return any(_TIME_LINE.match(line) for line in text.splitlines())


def read_blocks(source: str, *, ends_at_blank: bool) -> Iterator[Caption]:
    """Yield the captions in the order in which they begin.

    Args:
        source: the file.
        ends_at_blank: whether a blank line ends a caption (WebVTT) or only the next one does (SubRip).
    """
    lines = source.splitlines(keepends=True)
    offsets = [0, *accumulate(map(len, lines))]
    timed = [(at, match) for at, line in enumerate(lines) if (match := _TIME_LINE.match(line))]
    captions = []
    for (at, match), (next_at, _) in pairwise([*timed, (len(lines), None)]):
        assert match is not None, "only the end has no match"
        body = [line.rstrip("\r\n") for line in lines[at + 1 : next_at]]
        text = _until_blank(body) if ends_at_blank else _without_number(body, is_last=next_at == len(lines))
        start, end = (
            Stamp(offsets[at] + match.start(group), offsets[at] + match.end(group)) for group in (1, 2)
        )
        captions.append(Caption("\n".join(text), _seconds(match[1]), (start, end)))
    yield from sorted(captions, key=lambda caption: caption.start)


def _until_blank(body: list[str]) -> list[str]:
    return body[: next((at for at, line in enumerate(body) if not line.strip()), len(body))]


def _without_number(body: list[str], *, is_last: bool) -> list[str]:
    """Leave out the number of the next caption, and the blank lines before it."""
    if not is_last and body and _NUMBER.fullmatch(body[-1]):
        body = body[:-1]
    while body and not body[-1].strip():
        body = body[:-1]
    return body


def _seconds(clock: str) -> Seconds:
    seconds = 0.0
    for part in clock.replace(",", ".").split(":"):
        seconds = seconds * 60 + float(part)
    return seconds
