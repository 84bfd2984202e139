"""Named amounts, one bar each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_bench.plots.frame import WIDTH
from edge_bench.plots.svg import Markup, element

_ROW: Final = 30
_BAR: Final = 16
_START, _END = 104, 268


def bars(title: str, amounts: Sequence[tuple[str, float, str]]) -> Markup:
    """Return a bar for each name and amount, with a text behind it; in the order given."""
    largest = max(amount for _, amount, _ in amounts) or 1.0
    rows = [
        _row(name, (_END - _START) * amount / largest, text, 8 + _ROW * index)
        for index, (name, amount, text) in enumerate(amounts)
    ]
    height = 16 + _ROW * len(amounts)
    content = [element("title", title), *rows]
    return element("svg", *content, viewBox=f"0 0 {WIDTH} {height}", role="img", aria_label=title)


def _row(name: str, width: float, text: str, top: float) -> Markup:
    middle = top + _BAR / 2 + 4
    return element(
        "g",
        element("text", name, x=_START - 8, y=middle, class_="name", text_anchor="end"),
        element("rect", x=_START, y=top, width=max(width, 1.0), height=_BAR, class_="bar"),
        element("text", text, x=_START + width + 7, y=middle),
    )
