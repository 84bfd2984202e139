"""axe-core finds nothing serious in any view. The checker is no part of the project: CONTRIBUTING.md."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.serve.page.conftest import Page
from tests.runtime.serve.page.planted_server import Plan, served

pytestmark = pytest.mark.slow

PARTIAL = {"type": "partial", "stable_added": "Stable", "draft": " draft", "audio_s": 0.5, "lag_ms": 50.0}


@pytest.fixture(scope="module")
def axe() -> str:
    path = Path(os.environ.get("EDGE_ASR_AXE", "build/axe/package/axe.min.js"))
    if not path.is_file():
        pytest.skip(f"no axe-core at {path}: make axe, or name axe.min.js in EDGE_ASR_AXE")
    return path.read_text("utf-8")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_no_view_has_a_finding(
    open_page: Callable[..., Page], axe: str, spoken: Path, scheme: str, width: int
) -> None:
    plan = Plan(
        streams=[[(3200, PARTIAL)]], status=400, answer={"error": {"message": "This is no audio file."}}
    )
    findings: list[Any] = []

    def check(view: str) -> None:
        violations = page.evaluate(f"{axe}; axe.run()")["violations"]
        findings.extend((view, one["id"], one["nodes"][0]["html"]) for one in violations)

    with served(plan) as address:
        page = open_page(
            address, color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True
        )
        page.locator("#model").filter(has_text="mini").wait_for()
        check("start")
        page.set_input_files("#file", spoken)
        page.locator("#problem").wait_for()
        check("problem")
        plan.status, plan.answer = 200, Plan().answer
        page.locator("#problem-again").click()
        page.locator("#segments li").first.wait_for()
        check("result")
        page.locator("#segments .edit").first.click()
        check("edit")
        page.keyboard.press("Escape")
        page.locator("#again").click()
        page.locator("#listen").click()
        page.locator("#draft", has_text="draft").wait_for()
        check("live")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert findings == []
