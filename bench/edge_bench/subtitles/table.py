"""Faults of several files for a person, one row a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from edge_bench.subtitles.faults import Faults

_COLUMNS: Final[Mapping[str, str]] = {
    "cues": "cues",
    "short": "<5/6s",
    "short_with_room": "room",
    "over_7s": ">7s",
    "over_cps": ">cps",
    "cps_with_room": "room",
    "begins_inside": "inside",
    "two_lines": "2lines",
    "unbalanced": "2:1",
    "orphans": "orphan",
    "small_gaps": "gap",
    "overlaps": "overlap",
    "inside_words": "word",
}


def fault_table(rows: Mapping[str, Faults]) -> Iterator[str]:
    """Yield a heading and a line for each name."""
    width = max(map(len, rows), default=0)
    yield " " * width + "".join(f"{title:>8}" for title in _COLUMNS.values())
    for name, faults in rows.items():
        yield f"{name:{width}}" + "".join(f"{getattr(faults, field):>8}" for field in _COLUMNS)
