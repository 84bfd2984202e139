"""Times of characters."""

from __future__ import annotations

from edge_runtime.results.document import join_words
from edge_runtime.results.words import Word, split_characters


def test_a_word_is_shared_evenly_among_its_characters() -> None:
    actual = split_characters([Word("abcd", 1.0, 2.0, 0.5)])
    assert [(c.text, c.start, c.end) for c in actual] == [
        ("a", 1.0, 1.25),
        ("b", 1.25, 1.5),
        ("c", 1.5, 1.75),
        ("d", 1.75, 2.0),
    ]
    assert [c.space_after for c in actual] == [False, False, False, True]


def test_marks_and_punctuation_stay_with_their_character() -> None:
    (quoted,) = split_characters([Word("«a».", 0.0, 0.1)])
    assert quoted.text == "«a»."
    accented = split_characters([Word("e\u0301t", 0.0, 0.2)])
    assert [c.text for c in accented] == ["e\u0301", "t"]


def test_nothing_of_the_text_is_lost() -> None:
    words = [Word("don't", 0.0, 1.0), Word("—", 1.0, 1.0), Word("3.14!", 1.0, 2.0)]
    assert join_words(split_characters(words)) == join_words(words)


def test_a_word_without_duration_gives_characters_without_duration() -> None:
    assert {(c.start, c.end) for c in split_characters([Word("ab", 1.0, 1.0)])} == {(1.0, 1.0)}
