"""Points, and lines through points."""

from __future__ import annotations

from collections.abc import Sequence

from edge_bench.plots.frame import BOTTOM, LEFT, RIGHT, TOP, Axis, plot
from edge_bench.plots.scale import linear
from edge_bench.plots.svg import Markup, element

Point = tuple[float, float]


def scatter(title: str, x_label: str, y_label: str, points: Sequence[Point]) -> Markup:
    """Return a dot for each point; the vertical axis begins at 0."""
    x = linear([point[0] for point in points], LEFT, RIGHT)
    y = linear([point[1] for point in points], BOTTOM, TOP, from_zero=True)
    dots = [element("circle", cx=x(one), cy=y(other), r=3, class_="dot") for one, other in points]
    return plot(title, Axis(x, x_label), Axis(y, y_label), *dots)


def curve(title: str, x_label: str, y_label: str, points: Sequence[Point]) -> Markup:
    """Return a line through points; the vertical axis begins at 0."""
    x = linear([point[0] for point in points], LEFT, RIGHT)
    y = linear([point[1] for point in points], BOTTOM, TOP, from_zero=True)
    return plot(
        title, Axis(x, x_label), Axis(y, y_label), line([(x(one), y(other)) for one, other in points])
    )


def line(places: Sequence[Point], class_: str = "line") -> Markup:
    """Return a line through places of a plot."""
    return element("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places), class_=class_)
