"""The page against a server whose answers are planted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import webvtt

from tests.runtime.serve.page.conftest import Page
from tests.runtime.serve.page.planted_server import Plan, served

WORD = "#segments .words [data-start]"


@pytest.fixture
def plan() -> Plan:
    return Plan()


@pytest.fixture
def page(plan: Plan, open_page: Callable[..., Page]) -> Iterator[Page]:
    with served(plan) as address:
        page = open_page(address)
        page.locator("#model").filter(has_text="mini").wait_for()
        yield page


def transcribe(page: Page, path: Path) -> None:
    page.set_input_files("#file", path)
    page.locator("#segments li").first.wait_for()


def downloaded(page: Page, name: str) -> tuple[str, str]:
    with page.expect_download() as download:
        page.locator(f"[data-format={name}]").click()
    return download.value.suggested_filename, Path(download.value.path()).read_text("utf-8")


def test_a_request_has_what_the_user_chose(page: Page, plan: Plan, spoken: Path) -> None:
    page.locator("#language").select_option(label="Chinese")
    page.locator("#context").fill("Okonkwo")
    transcribe(page, spoken)
    assert plan.forms == [
        {
            "model": ["mini"],
            "response_format": ["verbose_json"],
            "timestamp_granularities[]": ["segment", "word"],
            "language": ["zh"],
            "prompt": ["Okonkwo"],
        }
    ]


def test_a_word_is_played_from_its_time_and_marked(page: Page, spoken: Path) -> None:
    transcribe(page, spoken)
    page.locator(WORD, has_text="fellow").click()
    page.locator(f"{WORD}.now").filter(has_text="Americans,").wait_for()
    assert page.evaluate("() => document.getElementById('audio').currentTime") >= 3.3


def test_an_edit_keeps_the_times_of_the_words_that_stay(page: Page, spoken: Path) -> None:
    transcribe(page, spoken)
    row = page.locator("#segments li").nth(1)
    row.dblclick(position={"x": 5, "y": 5})
    row.locator("textarea").fill("ask not what this dear country can do for you.")
    row.locator("textarea").press("Enter")
    name, text = downloaded(page, "json")
    answer = json.loads(text)
    times = {word["word"]: word["start"] for word in answer["words"]}
    assert name == "two sentences.json"
    assert answer["segments"][1]["text"] == "ask not what this dear country can do for you."
    # Of nine words of 0.61 s each, behind the first 5.5 s.
    assert times["country"] == pytest.approx(5.5 + 5.5 * 4 / 9)
    assert times["this"] == pytest.approx(5.5 + 5.5 * 3 / 9)
    assert times["this"] < times["dear"] < times["country"]


def test_escape_takes_an_edit_back(page: Page, spoken: Path) -> None:
    transcribe(page, spoken)
    page.locator("#segments .edit").first.click()
    page.keyboard.type("nothing ")
    page.keyboard.press("Escape")
    assert downloaded(page, "txt")[1].startswith("And so, my fellow Americans,\n")


def test_subtitles_have_the_times_of_the_words(page: Page, spoken: Path) -> None:
    transcribe(page, spoken)
    captions = webvtt.from_string(downloaded(page, "vtt")[1])
    assert [(caption.start, caption.text) for caption in captions] == [
        ("00:00:00.000", "And so, my fellow Americans,"),
        ("00:00:05.500", "ask not what your country can do for you."),
    ]
    assert downloaded(page, "srt")[1].startswith("1\n00:00:00,000 --> 00:00:05,500\nAnd so,")


def test_a_text_is_no_markup(page: Page, plan: Plan, spoken: Path) -> None:
    plan.answer["segments"][0]["text"] = "<img src=x onerror=alert(1)> & more"
    transcribe(page, spoken)
    assert page.locator("#segments img").count() == 0
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; more" in downloaded(page, "vtt")[1].replace("\n", " ")


def test_a_refusal_is_shown_as_the_server_says_it_and_can_be_tried_again(
    page: Page, plan: Plan, spoken: Path
) -> None:
    answer, plan.answer, plan.status = plan.answer, {"error": {"message": "This is no audio file."}}, 400
    page.set_input_files("#file", spoken)
    page.locator("#problem-text", has_text="This is no audio file.").wait_for()
    plan.answer, plan.status = answer, 200
    page.locator("#problem-again").click()
    page.locator("#segments li").first.wait_for()
    assert page.locator("#problem").is_hidden()


def test_a_recording_that_is_too_large_is_not_sent(
    plan: Plan, open_page: Callable[..., Page], spoken: Path
) -> None:
    plan.info["max_body_mb"] = 0.1
    with served(plan) as address:
        page = open_page(address)
        page.locator("#model").filter(has_text="mini").wait_for()
        page.set_input_files("#file", spoken)
        page.locator("#problem-text", has_text="at most 0.1 MiB").wait_for()
    assert plan.forms == []


def test_a_file_is_dropped(page: Page) -> None:
    page.evaluate(
        """() => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([new Uint8Array(100)], "dropped.ogg"));
            const event = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
            document.body.dispatchEvent(event);
        }"""
    )
    page.locator("#result-title", has_text="dropped.ogg").wait_for()


def test_warnings_are_shown_and_no_speech_is_said(page: Page, plan: Plan, spoken: Path) -> None:
    plan.answer |= {
        "segments": [],
        "words": [],
        "text": "",
        "warnings": [{"code": "no_speech", "message": "Silence."}],
    }
    page.set_input_files("#file", spoken)
    page.locator("#no-text").wait_for()
    assert page.locator("#warnings li").all_inner_texts() == ["Silence."]
    assert page.locator("[data-format=srt]").is_hidden()


def test_the_interface_speaks_chinese_and_english_and_remembers(
    plan: Plan, open_page: Callable[..., Page]
) -> None:
    with served(plan) as address:
        page = open_page(address, locale="zh-CN", color_scheme="dark")
        page.locator("#choose", has_text="选择文件").wait_for()
        assert page.locator("#language option").all_inner_texts() == ["自动检测", "英语", "中文"]
        assert page.locator("#theme").get_attribute("aria-pressed") == "true"
        page.locator("#interface").click()
        page.locator("#theme").click()
        page.reload()
        page.locator("#choose", has_text="Choose a file").wait_for()
        assert page.locator("#theme").get_attribute("aria-pressed") == "false"
        assert page.evaluate(
            "() => [document.documentElement.lang, document.documentElement.dataset.theme]"
        ) == [
            "en",
            "light",
        ]
