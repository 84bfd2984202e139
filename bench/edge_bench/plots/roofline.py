"""A roofline: what memory and arithmetic allow, by operations for a byte (Williams et al., 2009)."""

from __future__ import annotations

from collections.abc import Mapping

from edge_bench.plots.frame import BOTTOM, LEFT, RIGHT, TOP, Axis, plot
from edge_bench.plots.points import Point, line
from edge_bench.plots.scale import Scale
from edge_bench.plots.svg import Markup, element


def roofline(title: str, bandwidth: float, peak: float, points: Mapping[str, Point]) -> Markup:
    """Return points under the roof.

    Args:
        title: for those who do not see it.
        bandwidth: in GB/s.
        peak: in Gop/s.
        points: name → operations for a byte, and Gop/s.
    """
    ridge = peak / bandwidth
    intensities = [ridge, *(point[0] for point in points.values())]
    x = Scale(min(intensities) / 4, max(intensities) * 4, LEFT, RIGHT, is_log=True)
    rates = [peak, bandwidth * x.low, *(point[1] for point in points.values())]
    y = Scale(min(rates) / 2, peak * 3, BOTTOM, TOP, is_log=True)
    roof = [(x.low, bandwidth * x.low), (ridge, peak), (x.high, peak)]
    shapes = [line([(x(one), y(other)) for one, other in roof], "roof")]
    for name, (intensity, rate) in points.items():
        is_right = x(intensity) > (LEFT + RIGHT) / 2
        shapes += [
            element("circle", cx=x(intensity), cy=y(rate), r=5, class_="dot"),
            element(
                "text",
                name,
                x=x(intensity) + (-9 if is_right else 9),
                y=y(rate) + 4,
                class_="name",
                text_anchor="end" if is_right else "start",
            ),
        ]
    return plot(title, Axis(x, "operations for a byte"), Axis(y, "Gop/s"), *shapes)
