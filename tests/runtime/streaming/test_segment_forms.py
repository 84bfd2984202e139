"""Every form of a bundle decodes growing segments: graphs of one scored token, fixed caches, loops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.streaming.segment_decoder import SegmentDecoder
from tests.support.manifests import decoder_spec
from tests.support.tiny_bundle import (
    CHECKING,
    LOOP_ANSWER,
    SPEECH_TEXT,
    make_vocabulary,
    tone,
    write_tiny_bundle,
)

RATE = 16_000
FIXED = decoder_spec(len(make_vocabulary()), kv_capacity=500)
FORMS: dict[str, dict[str, Any]] = {
    "one token a call": {},
    "many tokens a call": {"components": CHECKING},
    "fixed capacity": {"components": CHECKING, "decoder": FIXED},
}


@pytest.mark.parametrize("form", FORMS)
def test_planted_speech_becomes_its_text_at_every_step(tmp_path: Path, form: str) -> None:
    recognizer = Recognizer.load(write_tiny_bundle(tmp_path / "bundle", **FORMS[form]))
    decoder, sound = SegmentDecoder(recognizer), tone(10 * RATE)
    for start in range(0, len(sound), RATE):
        hypothesis = decoder.step(sound[start : start + RATE])
        assert hypothesis is not None
        assert (hypothesis.text, hypothesis.language, hypothesis.complete) == (SPEECH_TEXT, "English", True)
        assert len(hypothesis.token_ids) == 4
    actual, expected = decoder.finish(), recognizer.transcribe(sound, sample_rate=RATE)
    assert (actual.text, actual.num_tokens) == (expected.text, expected.num_tokens)
    assert (decoder.work.draft_tokens > 0) == (form != "one token a call")


def test_a_fixed_cache_bounds_the_longest_segment(tmp_path: Path) -> None:
    bundle = write_tiny_bundle(tmp_path / "bundle", decoder=decoder_spec(len(make_vocabulary()), 300))
    assert 1 < SegmentDecoder(Recognizer.load(bundle)).longest_s < 24


def test_a_loop_is_stopped_in_each_step_and_resolved_in_the_final(tmp_path: Path) -> None:
    recognizer = Recognizer.load(write_tiny_bundle(tmp_path / "bundle", LOOP_ANSWER, components=CHECKING))
    decoder, sound = SegmentDecoder(recognizer), tone(4 * RATE)
    for start in range(0, len(sound), RATE):
        hypothesis = decoder.step(sound[start : start + RATE])
        assert hypothesis is not None
        assert not hypothesis.complete
        assert len(hypothesis.token_ids) < 60
    actual, expected = decoder.finish(), recognizer.transcribe(sound, sample_rate=RATE)
    assert actual.status == expected.status != "ok"
    assert (actual.text, actual.segments) == (expected.text, expected.segments)
