"""The page, its server and the mini models: from a microphone to subtitles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pysubs2
import pytest

from edge_runtime import Recognizer
from edge_runtime.bundle.shipped import shipped_bundle
from tests.runtime.serve.page.conftest import Page
from tests.support.server import serving

SENTENCES: Final = 2

pytestmark = pytest.mark.slow


def test_what_is_said_appears_while_it_is_said_and_ends_as_the_offline_text(
    open_page: Callable[..., Page], spoken: Path, mini_aligner_bundle: Path
) -> None:
    bundle = shipped_bundle("mini")
    assert bundle is not None
    offline = Recognizer.load(bundle).transcribe(spoken).text
    with serving("--model", bundle, "--aligner", mini_aligner_bundle) as server:
        page = open_page(f"{server.url}/")
        page.locator("#model", has_text="mini").wait_for()

        page.set_input_files("#file", spoken)
        page.locator("#segments li").first.wait_for()
        assert _text(page) == _plain(offline)
        page.locator("#again").click()

        page.locator("#listen").click()
        page.locator("#draft, #stable").filter(has_text="Call").first.wait_for()
        assert page.locator("#lines p").count() == 0
        page.locator("#lines p").nth(SENTENCES - 1).wait_for()
        page.locator("#stop").click()
        page.locator("#segments li").nth(SENTENCES - 1).wait_for()
        assert _text(page) == _plain(offline)
        # The aligner's times: the first word begins behind half a second of silence.
        starts = page.locator("#segments .words [data-start]").evaluate_all(
            "all => all.map(e => +e.dataset.start)"
        )
        assert starts == sorted(starts)
        assert 0.4 < starts[0] < 1.0

        with page.expect_download() as download:
            page.locator("[data-format=srt]").click()
        subtitles = pysubs2.load(str(download.value.path()), format_="srt")
        assert _plain("".join(event.plaintext for event in subtitles)) == _plain(offline)
        assert all(0 <= event.start < event.end <= 8000 for event in subtitles)


def _text(page: Page) -> str:
    return _plain("".join(page.locator("#segments .words").all_inner_texts()))


def _plain(text: str) -> str:
    return "".join(text.split())
