"""The frame of a plot: axes, grid, names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge_bench.plots.scale import Scale
from edge_bench.plots.svg import Markup, element

WIDTH: Final = 400
HEIGHT: Final = 240
LEFT, RIGHT, TOP, BOTTOM = 52, 388, 12, 198
"""Edges of the area of the data; narrow enough that its texts can be read on a phone."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale, and what its values are."""

    scale: Scale
    label: str


def plot(title: str, x: Axis, y: Axis, *shapes: str) -> Markup:
    """Return a plot; the title is for those who do not see it."""
    content = [
        element("title", title),
        *(_across(y.scale(tick), _number(tick)) for tick in y.scale.ticks()),
        *(_down(x.scale(tick), _number(tick)) for tick in x.scale.ticks()),
        element("path", d=f"M{LEFT} {TOP}V{BOTTOM}H{RIGHT}", class_="axis"),
        element("text", x.label, x=(LEFT + RIGHT) / 2, y=HEIGHT - 8, class_="label", text_anchor="middle"),
        element(
            "text",
            y.label,
            transform=f"translate(12 {(TOP + BOTTOM) / 2}) rotate(-90)",
            class_="label",
            text_anchor="middle",
        ),
        *shapes,
    ]
    return element("svg", *content, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=title)


def _across(place: float, text: str) -> Markup:
    line = element("line", x1=LEFT, x2=RIGHT, y1=place, y2=place, class_="grid")
    return element("g", line, element("text", text, x=LEFT - 5, y=place + 4, text_anchor="end"))


def _down(place: float, text: str) -> Markup:
    line = element("line", x1=place, x2=place, y1=BOTTOM, y2=BOTTOM + 4, class_="axis")
    return element("g", line, element("text", text, x=place, y=BOTTOM + 17, text_anchor="middle"))


def _number(value: float) -> str:
    if value and not 1e-3 <= abs(value) < 1e5:  # noqa: PLR2004
        return f"{value:.0e}".replace("e+0", "e").replace("e-0", "e-")
    return f"{value:.4g}"
