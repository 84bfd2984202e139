"""Live captions against a stream whose events are planted; the microphone is the browser's fake one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import soundfile

from tests.runtime.serve.page.conftest import Page
from tests.runtime.serve.page.planted_server import Plan, served

Live: TypeAlias = Callable[[Plan], AbstractContextManager[Page]]
SECOND = 32_000
"""Bytes of a second of samples."""


WORD = {"text": "And", "start": 0.2, "end": 0.4}


def partial(stable: str, draft: str, audio_s: float) -> dict[str, Any]:
    return {"type": "partial", "stable_added": stable, "draft": draft, "audio_s": audio_s, "lag_ms": 50.0}


def final(text: str, start: float, end: float, language: str | None = "English") -> dict[str, Any]:
    times = {"start": start, "end": end, "confidence": 0.9, "lag_ms": 80.0}
    return {"type": "final", "text": text, "language": language, "status": "ok", "corrected": 0, **times}


def color(page: Page, selector: str) -> str:
    return str(page.locator(selector).evaluate("element => getComputedStyle(element).color"))


@pytest.fixture
def live(open_page: Callable[..., Page]) -> Live:
    """Serve a plan, and start its captions."""

    @contextmanager
    def started(plan: Plan) -> Iterator[Page]:
        with served(plan) as address:
            page = open_page(address)
            page.locator("#model").filter(has_text="mini").wait_for()
            page.locator("#listen").click()
            yield page

    return started


def test_stable_text_and_draft_are_told_apart_and_the_final_is_announced(live: Live) -> None:
    events = [
        (SECOND, {"type": "speech_start", "start": 0.2, "audio_s": 0.5}),
        (SECOND, partial("And so,", " my felloes", 1.0)),
        (2 * SECOND, final("And so, my fellow Americans.", 0.2, 1.9)),
        (2 * SECOND, {"type": "words", "start": 0.2, "end": 1.9, "words": [WORD]}),
    ]
    with live(Plan(streams=[events])) as page:
        page.locator("#draft", has_text="felloes").wait_for()
        assert page.locator("#stable").inner_text() == "And so,"
        assert color(page, "#stable") != color(page, "#draft")
        page.locator("#lines[aria-live=polite] p[lang=en]", has_text="my fellow Americans.").wait_for()
        assert page.locator("#open-line").inner_text() == ""
        page.locator("#stop").click()
        page.locator("#segments [data-start='0.2']", has_text="And").wait_for()


@pytest.mark.slow
def test_after_a_lost_connection_what_no_final_covers_is_sent_again(live: Live, spoken: Path) -> None:
    first = [(SECOND, final("One.", 0.1, 0.5)), (2 * SECOND, 1011)]
    second = [(2 * SECOND, final("Two.", 0.25, 1.25))]
    plan = Plan(streams=[first, second])
    with live(plan) as page:
        page.locator("#live-notice", has_text="nothing you say is lost").wait_for()
        page.locator("#lines p", has_text="Two.").wait_for()
        page.locator("#stop").click()
        page.locator("#segments li").nth(1).wait_for()
        starts = page.locator("#segments .time").evaluate_all("all => all.map(e => Number(e.dataset.start))")
        # The second stream begins where the first final ended.
        assert starts == pytest.approx([0.1, 0.75])
    before, after = (np.frombuffer(samples, "<i2") for samples in plan.received)
    assert np.array_equal(before[8000:16000], after[:8000])
    # The resampled microphone is the recording, some milliseconds late.
    speech = soundfile.read(spoken, dtype="int16")[0][8000:24000].astype(float)
    whole = np.concatenate([before[:8000], after]).astype(float)
    assert np.correlate(whole, speech).max() > 0.9 * np.square(speech).sum()


def test_old_lines_leave_the_page_and_stay_in_the_transcript(live: Live) -> None:
    plan = Plan(streams=[[(3200, final(f"Line {number}.", number, number + 1)) for number in range(230)]])
    with live(plan) as page:
        page.locator("#lines p", has_text="Line 229.").wait_for()
        assert page.locator("#lines p").count() == 200
        page.locator("#stop").click()
        page.locator("#segments li").first.wait_for()
        assert page.locator("#segments li").count() == 230


def test_a_stream_that_is_refused_says_why_and_is_not_tried_again(live: Live) -> None:
    plan = Plan(streams=[[(3200, {"type": "error", "message": "Language 'xx' is unknown."}), (3200, 1008)]])
    with live(plan) as page:
        page.locator("#problem-text", has_text="Language 'xx' is unknown.").wait_for()
        assert page.locator("#listen").is_visible()
    assert len(plan.received) == 1


def test_a_server_that_opens_no_stream_is_given_up(live: Live) -> None:
    plan = Plan(opens_streams=False)
    with live(plan) as page:
        page.locator("#problem-text", has_text="a proxy must let WebSockets through").wait_for()
    assert len(plan.received) == 3


def test_words_that_were_stable_stay_when_the_user_ends_at_once(live: Live) -> None:
    with live(Plan(streams=[[(SECOND, partial("Half a", " sentence", 1.0))]])) as page:
        page.locator("#stable", has_text="Half a").wait_for()
        page.locator("#stop").click()
        page.locator("#segments .words", has_text="Half a").wait_for()
