"""Windows of several clips, put together as features."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import random

import numpy as np
import pytest

from edge_mini.batches import Example
from edge_mini.cut_clips import CutExample, cut, pieces_of
from edge_mini.features import log_mel
from edge_mini.joined import window
from edge_mini.mel_ops import amplified, finished, mixed, silent
from edge_mini.no_speech import HELDOUT_SOUNDS, NO_SPEECH
from edge_mini.sentences import join_texts
from edge_mini.stock import Stock
from edge_mini.synthesis import SAMPLE_RATE, Waveform


def noise(seconds: float, level: float, seed: int) -> Waveform:
    rng = np.random.default_rng(seed)
    return (level * rng.standard_normal(int(SAMPLE_RATE * seconds))).astype(np.float32)


def clip(text: str, language: str, seconds: float = 1.0, voice: str = "a") -> Example:
    return Example(log_mel(noise(seconds, 0.1, len(text))), language, text, voice)


STOCK = Stock.of(
    clips=[
        *(clip(f"Lamp {word}.", "English", voice=word[0]) for word in ("one", "two", "three")),
        *(clip(text, "Chinese", 1.5) for text in ("开灯。", "关灯。", "你好。")),
        *(clip("", "None", seconds) for seconds in (0.5, 2.0)),
    ],
    bilingual=[clip("Play 音乐。", "English", 2.0)],
    timed=[
        CutExample(clip("", "English", 3.0).mel, "English", ["Turn ", "it ", "on."], [(0, 1), (1, 2), (2, 3)])
    ],
)


def test_features_joined_are_those_of_the_joined_sound() -> None:
    loud, quiet = noise(1.0, 0.1, 1), noise(1.5, 0.1, 2)
    pause = np.zeros(SAMPLE_RATE, np.float32)
    wanted = log_mel(np.concatenate([pause, loud, pause, 0.1 * quiet])).astype(np.float32)
    parts = [silent(100), log_mel(loud), silent(100), amplified(log_mel(quiet), -20.0)]
    made = finished(np.concatenate(parts)).astype(np.float32)
    differs = np.abs(made - wanted).max(axis=1) > 0.02
    assert made.shape == wanted.shape
    # The frames at a join hear both sides.
    assert set(np.flatnonzero(differs)) <= {99, 100, 101, 199, 200, 201, 299, 300, 301}


def test_the_power_of_a_sum_is_the_sum_of_the_powers() -> None:
    mel = np.zeros((4, 128), np.float32)
    assert mixed(mel, mel) == pytest.approx(np.log10(2) / 4)
    assert mixed(mel, silent(4)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("longest", [400, 1200, 3000])
def test_a_window_keeps_to_its_length_and_has_the_text_of_its_clips(longest: int) -> None:
    rng = random.Random(longest)
    windows = [window(STOCK, longest, rng) for _ in range(200)]
    assert all(0 < len(made.mel) <= longest for made in windows)
    assert {made.language for made in windows} == {"English", "Chinese", "None"}
    assert all((made.language == "None") is (not made.text) for made in windows)
    if longest > 400:
        assert any("灯" in made.text and "Lamp" in made.text for made in windows), "both languages in one"


def test_a_window_is_of_the_language_of_its_first_clip() -> None:
    rng = random.Random(3)
    for made in (window(STOCK, 2000, rng) for _ in range(200)):
        if made.text:
            assert made.language == ("English" if made.text[0].isascii() else "Chinese")


def test_texts_are_joined_as_their_scripts_are_written() -> None:
    assert (
        join_texts(["Open it.", "Close it.", "开灯。", "关灯。", "Yes."])
        == "Open it. Close it.开灯。关灯。Yes."
    )


def test_a_cut_clip_has_the_words_whose_sound_it_keeps() -> None:
    timed = STOCK.timed["English"][0]
    rng = random.Random(1)
    texts = {}
    for _ in range(100):
        made = cut(timed, 3000, rng)
        texts[made.text] = len(made.mel)
    assert {"Turn it on.", "Turn", "on.", "it on.", "Turn it"} <= set(texts)
    assert all(abs(frames - 100 * len(text.split())) <= 2 for text, frames in texts.items())
    assert all(len(cut(timed, 150, rng).mel) <= 200 for _ in range(50))


@pytest.mark.parametrize("text", ["Turn it on, please.", "把灯打开，现在。三十？"])
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    pieces = pieces_of(text)
    assert "".join(pieces) == text
    assert len(pieces) == (4 if text.isascii() else 8)


@pytest.mark.parametrize("name", sorted({**NO_SPEECH["train"], **HELDOUT_SOUNDS}))
def test_a_sound_is_finite_and_of_unit_level(name: str) -> None:
    make = {**NO_SPEECH["train"], **HELDOUT_SOUNDS}[name]
    for count in (4_800, 80_000):
        samples = make(np.random.default_rng(count), count)
        assert samples.shape == (count,)
        assert np.sqrt(np.mean(np.square(samples))) == pytest.approx(float(name != "silence"), abs=0.01)
