"""From token ids to a transcript with its warnings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from edge_runtime.audio.load import Audio
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.bundle.manifest import Language
from edge_runtime.decoding.generate import Generation
from edge_runtime.decoding.timing import TimedDecoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from edge_runtime.recognition.answers.answer import AnswerReader
from edge_runtime.recognition.answers.confidence import DEFAULT_CONFIDENCE
from edge_runtime.recognition.recording import DecodedRecording, PreparedRecording
from edge_runtime.recognition.stage_times import timing_of
from edge_runtime.recognition.transcript_builder import build_transcript
from edge_runtime.results.transcript import Transcript
from edge_runtime.stopwatch import Stopwatch
from edge_runtime.text.languages import LanguageChoice
from tests.support.manifests import LANGUAGES, PROMPT, make_manifest
from tests.support.script import ScriptedDecoder

TAG_ID = PROMPT.text_tag_id
BUNDLE = Bundle(Path("bundle"), make_manifest(), "5ha")
DECODER_INPUT = DecoderInput(build_prompt(PROMPT, 1), np.zeros((1, 4), np.float32), 9)


@dataclass
class Clock:
    """Seconds read off a list."""

    readings: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.readings.pop(0)


@dataclass
class Spelling:
    """A detokenizer that gives one text for all tokens."""

    text: str

    def decode(self, _token_ids: object) -> str:
        return self.text


def audio(channels: int = 1) -> Audio:
    return Audio(np.zeros(32_000, np.float32), 16_000, 48_000, channels, "clip.wav", "abc")


def transcript(
    raw: str,
    ids: tuple[int, ...] = (11, TAG_ID, 20),
    *,
    forced: Language | None = None,
    finish: str = "eos",
    channels: int = 1,
    logprob: float = -0.03125,
) -> Transcript:
    generation = Generation(ids, tuple(logprob for _ in ids), finish)  # type: ignore[arg-type]
    stopwatch = Stopwatch(Clock([0.0, 0.0, 0.4, 4.0]))
    with stopwatch.stage("decode"):
        pass
    decoder = TimedDecoder(ScriptedDecoder([]), stopwatch)
    decoder.prefill_ms = 100.0
    decoder.token_ms.extend([1000.0 + 500 * number for number in range(len(ids) + (finish == "eos"))])
    choice = None if forced is None else LanguageChoice(forced)
    prepared = PreparedRecording(audio(channels), choice, DECODER_INPUT, stopwatch)
    decoded = DecodedRecording(prepared, generation, decoder)
    answer = AnswerReader(Spelling(raw), PROMPT, DEFAULT_CONFIDENCE).read(decoded)  # type: ignore[arg-type]
    return build_transcript(prepared.audio, choice, answer, timing_of(decoded, TAG_ID), BUNDLE)


def codes(actual: Transcript) -> list[str]:
    return [warning.code for warning in actual.warnings]


def test_an_answer_becomes_text_language_and_code() -> None:
    actual = transcript("language Chinese<asr_text>你好")
    assert (actual.text, actual.language, actual.language_code) == ("你好", "Chinese", "zh")
    assert (actual.status, actual.no_speech, actual.truncated, actual.language_forced) == (
        "ok",
        False,
        False,
        False,
    )
    assert [(segment.start, segment.end, segment.text) for segment in actual.segments] == [(0.0, 2.0, "你好")]
    assert (actual.num_tokens, actual.avg_logprob, actual.warnings) == (3, -0.03125, ())
    assert (actual.audio.path, actual.audio.sha256, actual.audio.sample_rate) == ("clip.wav", "abc", 48_000)
    assert (actual.engine.name, actual.engine.manifest_sha256) == ("tiny", "5ha")


def test_a_forced_language_is_reported_as_forced() -> None:
    actual = transcript("Hello", forced=LANGUAGES[0])
    assert (actual.text, actual.language, actual.language_code, actual.language_forced) == (
        "Hello",
        "English",
        "en",
        True,
    )


def test_no_text_is_no_speech_and_has_no_segment() -> None:
    actual = transcript("language None<asr_text>", (11, 12))
    assert (actual.text, actual.language, actual.status, actual.no_speech) == ("", None, "no_speech", True)
    assert actual.segments == ()


def test_no_token_at_all_is_no_speech_without_confidence() -> None:
    actual = transcript("", ())
    assert (actual.status, actual.avg_logprob, actual.num_tokens) == ("no_speech", None, 0)
    assert (actual.timing.ttft_ms, actual.timing.decode_tok_s) == (None, None)


def test_a_language_that_the_bundle_does_not_know_has_no_code() -> None:
    actual = transcript("language Klingon<asr_text>nuqneH")
    assert (actual.language, actual.language_code) == ("Klingon", None)


def test_a_text_that_the_budget_ended_is_marked_and_warned_of() -> None:
    actual = transcript("language English<asr_text>Hel", finish="length")
    assert (actual.status, actual.truncated, codes(actual)) == ("truncated", True, ["truncated"])
    assert "budget of 3" in actual.warnings[0].message


def test_what_the_guard_did_not_stop_is_kept_to_the_letter() -> None:
    actual = transcript("language English<asr_text>" + "5 " * 29 + "5.")
    assert (actual.text, actual.status, actual.warnings) == ("5 " * 29 + "5.", "ok", ())


def test_doubts_are_statuses_with_their_figures() -> None:
    unsure = transcript("language English<asr_text>x", (11, 12, TAG_ID, *range(20, 60)), logprob=-0.08)
    assert (unsure.status, codes(unsure)) == ("language_uncertain", ["language_uncertain"])
    assert unsure.language_probability == pytest.approx(0.787, abs=1e-3)
    assert "0.79" in unsure.warnings[0].message
    poor = transcript("language English<asr_text>x", logprob=-0.25)
    assert (poor.status, codes(poor), poor.segments[0].status) == (
        "low_confidence",
        ["low_confidence"],
        "low_confidence",
    )
    forced = transcript("x", (20, 21), forced=LANGUAGES[0], logprob=-0.08)
    assert (forced.status, forced.language_probability) == ("ok", None)


@pytest.mark.parametrize(
    ("channels", "expected"), [(1, []), (2, []), (3, ["channels_mixed"]), (5, ["channels_mixed"])]
)
def test_mixing_more_than_two_channels_is_warned_of(channels: int, expected: list[str]) -> None:
    actual = transcript("language English<asr_text>x", channels=channels)
    assert codes(actual) == expected
    assert actual.audio.channels == channels


def test_times_are_those_of_the_stages() -> None:
    timing = transcript("language English<asr_text>x").timing
    assert (timing.decode_ms, timing.prefill_ms, timing.total_ms) == (400, 100, 4000)
    assert timing.generate_ms == 1500, "from the first token to the end-of-sequence token"
    assert timing.decode_tok_s == pytest.approx(2.0)
    assert timing.rtf == pytest.approx(4.0 / 2.0)


def test_the_first_token_of_the_text_is_the_one_behind_the_tag() -> None:
    assert transcript("language English<asr_text>x").timing.ttft_ms == pytest.approx(2000 - 400)
    assert transcript("x", (20, 21)).timing.ttft_ms == pytest.approx(1000 - 400), "no tag: the first token"
    assert transcript("language None<asr_text>", (11, TAG_ID)).timing.ttft_ms is None, (
        "no text behind the tag"
    )
