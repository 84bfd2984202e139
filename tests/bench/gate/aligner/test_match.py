"""What right texts are like, on planted words."""

from __future__ import annotations

from edge_bench.gate.aligner.classes import ClipClasses
from edge_bench.gate.aligner.match import match_spec, measure_match
from edge_runtime.alignment.verdict.match import DEFAULT_MATCH
from edge_runtime.results.words import Word


def test_an_unsure_model_has_a_lower_bar_only_where_right_texts_need_it() -> None:
    sure = [[Word("x", 0.0, 1.0, 0.3)] * 10 for _ in range(200)]
    assert match_spec(sure).confidence == 0.3
    assert match_spec(sure).min_score == DEFAULT_MATCH.min_score
    shaky = [*sure[:190], *([Word("x", 0.0, 1.0, 0.05, ("repaired",))] * 10 for _ in range(10))]
    assert match_spec(shaky).min_score == 0.01


def test_recordings_without_words_cannot_tell() -> None:
    assert measure_match([], [ClipClasses((1, 2))]).match is None
