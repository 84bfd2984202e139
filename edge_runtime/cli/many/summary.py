"""The report as a table for a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.cli.many.report import FileReport, Report

_MAX_EXAMPLES: Final = 5
"""Failures of one type that are shown; the file has all."""


def summary(report: Report) -> Iterator[str]:
    """Yield the lines of a table: sums, then failures by their type, each with what to do."""
    left = report.num_recordings - len(report.files)
    rows = {
        "recordings": str(report.num_recordings),
        "done": str(report.num_done),
        "failed": str(report.num_failed),
        "skipped": str(report.num_skipped),
        "not reached": str(left),
        "audio": clock(report.audio_s),
        "time": clock(report.wall_s),
        "RTF": "-" if report.rtf is None else f"{report.rtf:.3f}",
    }
    width = max(map(len, rows.values()))
    yield from (f"  {name:<12}{value:>{width}}" for name, value in rows.items())
    by_type: dict[str, list[FileReport]] = defaultdict(list)
    for file in report.files:
        if file.error:
            by_type[file.error.type].append(file)
    for kind, files in sorted(by_type.items()):
        yield f"  {kind}: {len(files)}"
        messages = [one.error.message for one in files if one.error]
        yield from (f"    {' '.join(message.split())}" for message in messages[:_MAX_EXAMPLES])
        if len(files) > _MAX_EXAMPLES:
            yield f"    and {len(files) - _MAX_EXAMPLES} more"


def clock(seconds: Seconds) -> str:
    """Return a duration as 0:05, 12:34 or 1:23:45."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
