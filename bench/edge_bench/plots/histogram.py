"""How values are distributed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from edge_bench.plots.frame import BOTTOM, LEFT, RIGHT, TOP, Axis, plot
from edge_bench.plots.scale import Scale, linear
from edge_bench.plots.svg import Markup, element

_MAX_BINS: Final = 24
_ROW: Final = 13
"""Height of a line of text."""


def histogram(title: str, label: str, values: Sequence[float], marks: Mapping[str, float]) -> Markup:
    """Return a histogram with marked values."""
    x = linear([*values, *marks.values()], LEFT, RIGHT)
    bins = min(_MAX_BINS, max(6, math.ceil(2 * math.sqrt(len(values)))))
    counts, edges = np.histogram(values, bins, (x.low, x.high))
    y = Scale(0.0, 1.15 * max(1, int(counts.max())), BOTTOM, TOP)
    bars = [
        element(
            "rect",
            x=x(float(low)) + 0.5,
            y=y(int(count)),
            width=x(float(high)) - x(float(low)) - 1,
            height=BOTTOM - y(int(count)),
            class_="bar",
        )
        for count, low, high in zip(counts, edges, edges[1:], strict=False)
        if count
    ]
    lines = [_mark(x(value), name, row) for row, (name, value) in enumerate(marks.items())]
    return plot(title, Axis(x, label), Axis(y, "queries"), *bars, *lines)


def _mark(place: float, name: str, row: int) -> Markup:
    is_right = place > (LEFT + RIGHT) / 2
    return element(
        "g",
        element("line", x1=place, x2=place, y1=TOP, y2=BOTTOM, class_="mark"),
        element(
            "text",
            name,
            x=place + (-4 if is_right else 4),
            y=TOP + 8 + _ROW * row,
            class_="name",
            text_anchor="end" if is_right else "start",
        ),
    )
