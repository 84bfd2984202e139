"""A report as one page of HTML that loads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from edge_bench.plots.svg import Markup, element, joined
from edge_bench.speed.document.plots import Figure, figures
from edge_bench.speed.document.sections import DEFINITIONS, facts, figure_rows
from edge_bench.speed.document.style import STYLE
from edge_bench.speed.report import Report
from edge_bench.speed.table import COLUMNS, NONE

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""Forbids the browser to load anything, whatever a name in the report says."""


def page(report: Report) -> str:
    """Return the page."""
    title = f"{report.engine.name}: edge-asr bench"
    head = (
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        element("title", title),
        element("style", Markup(STYLE)),
    )
    content = element("html", element("head", *head), element("body", _main(report)), lang="en")
    return f"<!doctype html>\n{content}\n"


def _main(report: Report) -> Markup:
    engine, machine = report.engine, report.environment
    return element(
        "main",
        element("h1", engine.name),
        element("p", f"{engine.backend}, {engine.precision}; {report.asked.scenario}", class_="quiet"),
        element("p", f"{machine.cpu}, {machine.num_cores} cores", class_="quiet"),
        *_doubts(report),
        element("div", *(_tile(name, value) for name, value in _headlines(report)), class_="tiles"),
        element("h2", "Plots"),
        element("div", *map(_figure, figures(report)), class_="plots"),
        element("h2", "Figures"),
        _table(("", *COLUMNS, "p50, 95 %"), figure_rows(report)),
        element("h2", "Measurement and machine"),
        _table((), facts(report), "facts"),
        element("h2", "What the terms mean"),
        element("dl", *(joined(element("dt", name), element("dd", what)) for name, what in DEFINITIONS)),
    )


def _doubts(report: Report) -> Iterator[Markup]:
    """Yield what makes the figures doubtful."""
    if report.steadiness.is_stable is not True:
        yield element("p", _sentence(str(report.steadiness)), class_="bad")
    if report.warm_up.is_steady is False:
        yield element("p", "Times were not steady after a minute of warm-up.", class_="bad")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _headlines(report: Report) -> Iterator[tuple[str, str]]:
    medians = report.figures
    for name, values, decimals in (
        ("latency, p50 ms", medians.latency_ms, 1),
        ("TTFT, p50 ms", medians.ttft_ms, 1),
        ("tok/s, p50", medians.decode_tok_s, 1),
    ):
        yield name, NONE if values is None else f"{values.p50.value:.{decimals}f}"
    yield "RTFx", f"{report.speed.rtfx.value:.2f}"
    yield "load, ms", f"{report.load.verify_ms + report.load.graphs_ms:.0f}"
    peak = report.memory.peak_bytes
    yield "peak memory, MB", NONE if peak is None else f"{peak / 1e6:.0f}"


def _tile(name: str, value: str) -> Markup:
    return element("div", element("b", value), element("span", name), class_="tile")


def _figure(figure: Figure) -> Markup:
    shapes = () if figure.svg is None else (figure.svg,)
    return element("figure", element("h3", figure.heading), *shapes, element("figcaption", figure.caption))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]], class_: str = "") -> Markup:
    names = [element("thead", element("tr", *(element("th", name) for name in head)))] if head else []
    body = element("tbody", *(element("tr", *(element("td", cell) for cell in row)) for row in rows))
    return element("div", element("table", *names, body, class_=class_), class_="wide")
