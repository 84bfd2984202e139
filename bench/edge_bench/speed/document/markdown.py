"""A report as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edge_bench.speed.document.sections import DEFINITIONS, facts, figure_rows
from edge_bench.speed.report import Report
from edge_bench.speed.table import COLUMNS


def markdown(report: Report) -> str:
    """Return the document."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {_escaped(report.engine.name)}, {report.asked.scenario}"
    yield ""
    yield from _table(("", ""), facts(report))
    yield ""
    yield from _table(("figure", *COLUMNS, "p50, 95 %"), figure_rows(report))
    yield ""
    yield from (f"* **{name}**: {meaning}" for name, meaning in DEFINITIONS)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('---' for _ in head)}|"
    yield from (f"| {' | '.join(map(_escaped, row))} |" for row in rows)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("<", "&lt;")
