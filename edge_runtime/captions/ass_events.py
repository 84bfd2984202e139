r"""Advanced SubStation Alpha: the `Dialogue:` lines under `[Events]`.

Source: "Sub Station Alpha v4.00+ Script Format". The `Format:` line says in which field times and text stand;
the text is the last one and may hold commas. `\N` and `\n` are line breaks, `\h` is a space without a break.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from edge_runtime.captions.caption_file import Caption, Stamp

_HEAD: Final = re.compile(r"^\s*\[(?:Script Info|V4\+? Styles|Events)\]", re.IGNORECASE | re.MULTILINE)
_DIALOGUE: Final = re.compile(r"^Dialogue:", re.IGNORECASE | re.MULTILINE)
_FORMAT: Final = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
_DRAWING: Final = re.compile(r"\{[^{}]*\\p[1-9][^{}]*\}.*?(?=\{[^{}]*\\p0[^{}]*\}|$)")
_COMMENT: Final = re.compile(r"\{[^{}\\]*\}")
_CLOCK: Final = re.compile(r"(\d+):(\d{1,2}):(\d{1,2}(?:\.\d+)?)", re.ASCII)


def is_ass(text: str) -> bool:
    """Tell whether a text is an ASS or SSA file."""
    return _HEAD.search(text) is not None and _DIALOGUE.search(text) is not None


def read_events(source: str) -> Iterator[Caption]:
    """Yield what is said, in the order in which it begins."""
    lines = source.splitlines(keepends=True)
    offsets = [0, *accumulate(map(len, lines))]
    names: Sequence[str] = _FORMAT
    is_event = False
    captions: list[Caption] = []
    for offset, line in zip(offsets, lines, strict=False):
        kind, _, rest = line.partition(":")
        if line.lstrip().startswith("["):
            is_event = line.strip().lower() == "[events]"
        elif is_event and kind.strip().lower() == "format":
            names = [name.strip().lower() for name in rest.split(",")]
        elif is_event and kind.strip().lower() == "dialogue":
            captions += _captions(rest, offset + len(kind) + 1, names)
    yield from sorted(captions, key=lambda caption: caption.start)


def _captions(rest: str, offset: int, names: Sequence[str]) -> Iterator[Caption]:
    """Yield the caption of a line's fields; nothing of a line that is damaged."""
    fields = rest.split(",", len(names) - 1)
    begins = [offset, *(offset + size + at for at, size in enumerate(accumulate(map(len, fields)), 1))]
    places = {name: (begin, field) for name, begin, field in zip(names, begins, fields, strict=False)}
    if not {"start", "end", "text"} <= places.keys():
        return
    (start_at, start), (end_at, end) = places["start"], places["end"]
    from_, to = _CLOCK.search(start), _CLOCK.search(end)
    if from_ and to:
        stamps = tuple(
            Stamp(at + one.start(), at + one.end()) for at, one in ((start_at, from_), (end_at, to))
        )
        hours, minutes, seconds = from_.groups()
        time_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        yield Caption(_shown(places["text"][1].rstrip("\r\n")), time_s, (stamps[0], stamps[1]))


def _shown(text: str) -> str:
    """Return the text with real line breaks, without drawings and comments; override tags stay."""
    text = _COMMENT.sub("", _DRAWING.sub("", text))
    return text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", "\u00a0")
