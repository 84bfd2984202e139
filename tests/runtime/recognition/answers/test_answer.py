"""What is shown of what the model wrote."""

from __future__ import annotations

import pytest

from edge_runtime.bundle.manifest import Language
from edge_runtime.recognition.answers.answer import Answer, join_answers
from tests.runtime.recognition.test_transcript_builder import TAG_ID, transcript
from tests.support.manifests import LANGUAGES


@pytest.mark.parametrize(
    ("raw", "ids", "forced", "expected"),
    [
        ("language English<asr_text>a<asr_text>b", (11, TAG_ID, 20, TAG_ID, 21), None, "a b"),
        ("language English", (11, 12), None, ""),
        ("language", (11,), None, ""),
        ("language arts are taught", (11, 12, 13), None, "language arts are taught"),
        ("language school", (11, 12), LANGUAGES[0], "language school"),
        ("language None<asr_text>", (11, 12, TAG_ID), LANGUAGES[0], ""),
        ("十<asr_text>谢谢。", (11, TAG_ID, 12), LANGUAGES[2], "十谢谢。"),
        ("language Chinese<asr_text>你好", (11, 12, TAG_ID, 14), LANGUAGES[0], "你好"),
    ],
)
def test_no_text_shows_the_models_own_marks(
    raw: str, ids: tuple[int, ...], forced: Language | None, expected: str
) -> None:
    actual = transcript(raw, ids, forced=forced)
    assert actual.text == expected
    assert (actual.status == "no_speech") is (not expected)
    assert (actual.language is None) or expected


def test_joined_answers_have_the_language_of_the_first_text_and_the_worst_status() -> None:
    nothing = Answer(text="", language="", status="no_speech", logprobs=(-1.0,))
    first = Answer(text="Hello.", language="English", status="ok", logprobs=(-0.5,))
    second = Answer(text="你好", language="Chinese", status="low_confidence", logprobs=(-2.0, -3.0))
    actual = join_answers([nothing, first, second.after("halves")], "loop_recovered")
    assert (actual.text, actual.language, actual.language_probability) == ("Hello.你好", "English", None)
    assert (actual.status, actual.rungs) == ("loop_recovered", ("halves",))
    assert actual.logprobs == (-1.0, -0.5, -2.0, -3.0)
    assert join_answers([nothing, nothing], "no_speech").text == ""
