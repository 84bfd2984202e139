"""A sample of the loops and honest texts; `python -m tests.loops.score` counts all of them."""

from __future__ import annotations

import pytest

from tests.loops.cases import honest_texts, loops, split_words
from tests.loops.no_speech import has_markers
from tests.loops.score import faults, is_kept


def test_a_loop_is_suspected_stopped_recovered_and_flagged() -> None:
    sample = list(loops(every=17))
    assert {case.kind for case in sample} == {"period", "chinese", "changing", "between", "marks"}
    assert {case.recovers for case in sample} == {True, False}
    assert [(case.kind, case.model.text, wrong) for case in sample if (wrong := faults(case))] == []


def test_somebody_who_repeats_himself_is_believed_to_the_letter() -> None:
    sample = list(honest_texts(every=9))
    suspected = [model for model in sample if model.first.generation.finish_reason == "cycle"]
    assert suspected, "without one, nothing is shown"
    assert [model.text for model in sample if not is_kept(model, model.text)] == []


def test_a_text_that_was_suspected_says_so() -> None:
    rungs = {model.answer().rungs for model in honest_texts(every=9)}
    assert rungs == {(), ("halves",)}


@pytest.mark.parametrize("text", [" Open the door.", "好的。我们，走", " 1, 2"])
def test_words_joined_are_the_text(text: str) -> None:
    assert "".join(split_words(text)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("None", True),
        (" None.", True),
        ("language", True),
        ("language None", True),
        ("Yes. language English", True),
        ("x<asr_text>", True),
        ("<|im_end|>", True),
        ("Noneo", False),
        ("None of them speaks a language of ours, x < y.", False),
    ],
)
def test_markers_are_told_from_words(text: str, *, expected: bool) -> None:
    assert has_markers(text) == expected
