"""The page of a report: nothing is loaded, names are escaped, and a real browser shows it at any width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest

from edge_bench.speed.document.markdown import markdown
from edge_bench.speed.document.page import page
from edge_bench.speed.report import Report
from tests.support.chromium import CHROMIUM, NO_CHROMIUM
from tests.support.command import Command

HOSTILE = "<img src=https://example.com/x>"


@pytest.fixture
def report(command: Command, tiny_bundle: Path, clip: Path, tmp_path: Path) -> Report:
    """A report with a roofline, and a bundle of a hostile name."""
    path = tmp_path / "report.json"
    flags = ("--repeats", 3, "--warm-up", 1, "--synthetic", 2, "--save", path)
    command("bench", clip, "-m", tiny_bundle, *flags)
    made = msgspec.json.decode(path.read_bytes(), type=Report)
    return replace(made, engine=replace(made.engine, name=HOSTILE))


def test_every_form_says_the_same(command: Command, tiny_bundle: Path, clip: Path, tmp_path: Path) -> None:
    names = [tmp_path / name for name in ("report.md", "report.html")]
    flags = ("--repeats", 2, "--warm-up", 1, "--markdown", names[0], "--html", names[1])
    table = command("bench", clip, "-m", tiny_bundle, *flags).out
    (row,) = re.findall(r"^prefill ms +(.+)$", table, re.MULTILINE)
    written, shown = (path.read_text("utf-8") for path in names)
    assert f"| prefill ms | {' | '.join(row.split())} | " in written
    assert f"<td>prefill ms</td>{''.join(f'<td>{cell}</td>' for cell in row.split())}" in shown
    assert "not readable here" in written
    assert written.count("\n| RTF |") == 2, "the rate, and the percentiles"


def test_the_page_is_whole_and_names_are_text(report: Report) -> None:
    text = page(report)
    assert HOSTILE not in text
    assert HOSTILE.replace("<", "&lt;").replace(">", "&gt;") in text
    head = text.split("<body>")[0]
    assert not re.search(r"<(script|link|base)\b|url\(|@import", head)
    body = ET.fromstring(text[text.index("<body>") : text.index("</body>") + 7])  # noqa: S314
    assert {one.tag for one in body.iter()}.isdisjoint({"img", "script", "link", "iframe", "a"})
    assert len(list(body.iter("figure"))) == 5
    assert HOSTILE not in markdown(report)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    if find_spec("playwright") is None:
        pytest.skip("the Python package 'playwright' is not installed")
    with import_module("playwright.sync_api").sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_a_browser_shows_it_without_a_request_at_any_width(
    browser: Any, report: Report, tmp_path: Path, width: int, scheme: str
) -> None:
    path = tmp_path / "page.html"
    path.write_text(page(report), "utf-8")
    view = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    requests: list[str] = []
    complaints: list[str] = []
    view.on("request", lambda request: requests.append(request.url))
    view.on("console", lambda message: complaints.append(message.text))
    view.goto(path.as_uri())
    assert (requests, complaints) == ([path.as_uri()], [])
    assert view.evaluate("document.documentElement.scrollWidth") == width, "nothing sticks out"
    ground = view.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is (scheme == "light")
    sizes = view.evaluate(
        "[...document.querySelectorAll('svg text')].map(text => text.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 10, "texts of plots can be read"
    outside = view.evaluate(
        "[...document.querySelectorAll('svg text')].filter(text => {"
        "const own = text.getBoundingClientRect(), all = text.closest('svg').getBoundingClientRect();"
        "return own.left < all.left - 1 || own.right > all.right + 1}).map(text => text.textContent)"
    )
    assert outside == []
    view.close()
