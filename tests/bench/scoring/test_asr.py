"""A corpus in figures, with planted transcripts."""

from __future__ import annotations

import pytest

from edge_bench.corpus import Clip
from edge_bench.scoring.asr import Scored, score
from edge_runtime.results.transcript import AudioInfo, EngineInfo, Timing, Transcript

CODES = {"English": "en", "Chinese": "zh"}


def transcript(
    text: str, language: str | None, duration_s: float = 10.0, total_ms: float = 500.0
) -> Transcript:
    return Transcript(
        text=text,
        language=language,
        language_code=None,
        language_forced=False,
        status="ok" if text else "no_speech",
        avg_logprob=None,
        num_tokens=0,
        segments=(),
        warnings=(),
        audio=AudioInfo(None, None, duration_s, 16_000, 1),
        timing=Timing(0, 0, 0, 0, 0, total_ms, None, None, 0),
        engine=EngineInfo("tiny", "", "ort-cpu", "fp32"),
        runtime_version="0",
    )


def scored(reference: str, language: str, text: str, actual: str | None, **times: float) -> Scored:
    return Scored(
        Clip(id="x", audio="x.wav", text=reference, language=language), transcript(text, actual, **times)
    )


RESULTS = [
    scored("one two three four", "English", "One two tree four!", "English"),
    scored("five six", "English", "five six seven", "Chinese"),
    scored("你好世界。", "Chinese", "你好世", "Chinese", total_ms=1500.0),
    scored("", "", "", None),
    scored("", "", "boo", "English"),
]


def test_the_summary_shows_every_rate_in_percent() -> None:
    actual = score(RESULTS, CODES)
    assert actual.summary() == "scores: wer_en=33.33 cer_zh=25.00 lid=66.67 no_speech=50.00 clips=5"


def test_rates_are_pooled_by_language() -> None:
    english, chinese = score(RESULTS, CODES).languages
    assert (english.key, english.counts.substitutions, english.counts.insertions) == ("wer_en", 1, 1)
    assert (english.counts.num_reference, chinese.counts.num_reference) == (6, 4)
    assert (chinese.key, chinese.counts.deletions) == ("cer_zh", 1)


def test_speed_is_all_audio_by_all_computing() -> None:
    assert score(RESULTS, CODES).rtfx == pytest.approx(50 / 3.5)


def test_what_a_corpus_lacks_is_left_out() -> None:
    speech = score(RESULTS[:1], CODES)
    assert (speech.no_speech_accuracy, speech.summary()) == (None, "scores: wer_en=25.00 lid=100.00 clips=1")
    silence = score(RESULTS[3:], CODES)
    assert (silence.languages, silence.language_accuracy) == ((), None)
    assert silence.summary() == "scores: no_speech=50.00 clips=2"


def test_a_language_without_a_code_is_called_by_its_name() -> None:
    actual = score([scored("a", "Klingon", "a", "Klingon")], CODES)
    assert actual.summary() == "scores: wer_Klingon=0.00 lid=100.00 clips=1"


@pytest.mark.parametrize(
    ("text", "language", "exact"),
    [
        ("Hello.", "English", True),
        ("hello.", "English", False),
        ("Hello.", "Chinese", False),
        ("", None, False),
    ],
)
def test_exact_means_to_the_letter(text: str, language: str | None, exact: bool) -> None:  # noqa: FBT001
    assert scored("Hello.", "English", text, language).is_exact is exact


def test_silence_that_gave_no_text_is_exact() -> None:
    assert scored("", "", "", None).is_exact
