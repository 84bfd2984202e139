"""Times of texts whose words nobody aligned."""

from __future__ import annotations

from itertools import pairwise

import pytest

from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.results.transcript import Stretch
from edge_runtime.writers import WriterOptions, find_writer
from edge_runtime.writers.cue import Cue
from edge_runtime.writers.layout import lay_out

SENTENCES = ("The first one is here.", "And now comes the second.", "Third.")
SPEECH = (Stretch(2.0, 4.0), Stretch(9.0, 11.2), Stretch(20.0, 20.6))


def document(*speech: Stretch, text: str = " ".join(SENTENCES), end: float = 30.0) -> Document:
    return Document("English", end, (TimedSegment(0.0, end, text),), speech=speech)


def shown(cues: tuple[Cue, ...]) -> list[tuple[int, str]]:
    return [(cue.start_ms, cue.text()) for cue in cues]


def test_sentences_begin_where_speech_does() -> None:
    cues = lay_out(document(*SPEECH), WriterOptions())
    assert shown(cues) == [(2000, SENTENCES[0]), (9000, SENTENCES[1]), (20_000, SENTENCES[2])]
    # Nothing stands over the silence behind its speech.
    assert [cue.end_ms for cue in cues] == pytest.approx([4000, 11_200, 20_840], abs=400)


def test_without_speech_the_whole_segment_is_shared() -> None:
    starts = [cue.start_ms for cue in lay_out(document(), WriterOptions())]
    assert starts[0] == 0
    assert starts[-1] > 20_000


@pytest.mark.parametrize("whisper", [False, True])
def test_no_cue_is_of_minutes(whisper: bool) -> None:  # noqa: FBT001  # a parameter of the test
    text = " ".join(SENTENCES) * 20
    cues = lay_out(document(text=text, end=251.0), WriterOptions(whisper_layout=whisper))
    assert max(cue.end_ms - cue.start_ms for cue in cues) < 12_000
    assert "".join(cue.text(newline=" ") for cue in cues).replace(" ", "") == text.replace(" ", "")


def test_words_are_in_order_inside_speech_and_marked_as_estimated() -> None:
    whole = document(*SPEECH, text="one two three four five six seven eight nine ten")
    words = [word for cue in lay_out(whole, WriterOptions(max_words_per_line=1)) for word in cue.words]
    assert all(left.end <= right.start for left, right in pairwise(words))
    assert all(any(one.start <= word.start < one.end for one in SPEECH) for word in words)
    assert "estimated" in find_writer("vtt").render(whole, WriterOptions())


def test_white_space_is_kept_as_written() -> None:
    texts = ("10\u00a0000 EUR, d’été\u202f!", "今日\u3000は。")
    cues = lay_out(document(text=" ".join(texts)), WriterOptions())
    assert tuple(cue.text() for cue in cues) == texts
