"""Layers as a Markdown table, worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edge_export.tuning.layers.listing import LayerError


def table_lines(errors: Sequence[LayerError], max_rows: int | None = None) -> Iterator[str]:
    """Yield the lines of a table.

    Args:
        errors: worst first.
        max_rows: rows to show; None for all.
    """
    yield "| matrix | stored | its input | weights off by % | product off by % |"
    yield "|---|---|---|---:|---:|"
    for error in errors[:max_rows]:
        product = "–" if error.output is None else f"{100 * error.output:.3f}"
        yield f"| {error.name} | {error.stored} | {error.rows} | {100 * error.weights:.3f} | {product} |"
