"""A browser whose microphone plays a recording, and the page in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import soundfile

from tests.support.chromium import CHROMIUM, NO_CHROMIUM

ROOT: Final = Path(__file__).parents[4]

Page = Any
"""A page of playwright, which may not be installed."""


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WAV file: an English and a Chinese sentence with silence around them, 6 s."""
    silence = np.zeros(8000, np.float32)
    parts = [silence]
    for name in ("en-00001", "zh-00003"):
        samples, _ = soundfile.read(ROOT / "tests" / "clips" / f"{name}.flac", dtype="float32")
        parts += [samples, silence, silence]
    path = tmp_path_factory.mktemp("spoken") / "two sentences.wav"
    soundfile.write(path, np.concatenate(parts), 16000, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def browser(spoken: Path) -> Iterator[Any]:
    """Chromium without a window; its microphone plays `spoken` once.

    Of one module: while playwright runs, no other test of the process can start an event loop.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    flags = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}%noloop",
        "--autoplay-policy=no-user-gesture-required",
        "--no-sandbox",
    ]
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Page]]:
    """Open an address; no script may fail, and nothing may be asked of another machine."""
    with ExitStack() as stack:
        errors: list[str] = []

        def opened(address: str, **context: object) -> Page:
            page = stack.enter_context(browser.new_context(**{"locale": "en-US", **context})).new_page()
            page.set_default_timeout(15_000)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on(
                "request",
                lambda request: errors.extend(
                    [request.url] * (not request.url.startswith((address, f"blob:{address}")))
                ),
            )
            page.goto(address)
            return page

        yield opened
        assert errors == []
