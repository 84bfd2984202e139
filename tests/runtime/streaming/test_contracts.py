"""What a final promises where hypotheses were wrong, and where a segment is cut for its length."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from edge_runtime.streaming.commit.options import CommitOptions
from edge_runtime.streaming.events import Final, Partial, Stats, StreamEvent
from edge_runtime.streaming.options import Contract, StreamOptions
from edge_runtime.streaming.stream import Stream
from tests.support.spoken_numbers import RATE, NumberRecognizer, silence, spoken

AGREE = CommitOptions(policy="local_agreement", hold_back=2, shown="raw")


class Mishearing(NumberRecognizer):
    """Hears the second word wrongly for the first five steps."""

    def mishears(self, text: str, num_step: int) -> str:
        return text.replace("w1 ", "wrong ") if num_step <= 5 else text


def play(recognizer: NumberRecognizer, options: StreamOptions, *pieces: np.ndarray) -> list[StreamEvent]:
    stream = Stream(recognizer.parts(options.max_segment_sec), options)
    with stream:
        stream.feed(np.concatenate(pieces))
    return list(stream.events())


def stable_of(events: list[StreamEvent]) -> str:
    return "".join(event.stable_added for event in events if isinstance(event, Partial))


@pytest.mark.parametrize(
    ("contract", "text"),
    [("exact", "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9"), ("append", "w0 wrong w2 w3 w4 w5 w6 w7 w8 w9")],
)
def test_a_wrong_stable_word_is_corrected_or_kept_and_counted_either_way(
    contract: Contract, text: str
) -> None:
    options = StreamOptions(contract=contract, commit=AGREE)
    events = play(Mishearing(), options, spoken(*range(10)), silence(1))
    (final,) = [event for event in events if isinstance(event, Final)]
    stable = stable_of(events)
    assert stable.startswith("w0 wrong")
    assert (final.text, final.corrected) == (text, 1)
    if contract == "append":
        assert final.text.startswith(stable)
    (stats,) = [event for event in events if isinstance(event, Stats)]
    assert (stats.corrected_words, stats.stable_words) == (1, len(stable.split()))


def test_nothing_becomes_stable_while_hypotheses_contradict_the_stable_text() -> None:
    events = play(Mishearing(), StreamOptions(commit=AGREE), spoken(*range(16)), silence(1))
    added = [(event.audio_s, event.stable_added) for event in events if isinstance(event, Partial)]
    assert all(not text for audio_s, text in added if audio_s > 3.0)
    assert any(text for audio_s, text in added if audio_s < 2.6)


def sixty_seams() -> tuple[list[np.ndarray], int]:
    """Return speech with a pause of 0.2 s about every two seconds, and how many words it has."""
    rng, pieces, number = np.random.default_rng(5), [], 0
    while number < 760:
        count = int(rng.integers(6, 10))
        pieces += [spoken(*range(number, number + count)), silence(0.19)]
        number += count
    return pieces, number


def test_sixty_cuts_lose_and_double_no_word_and_correct_nothing() -> None:
    pieces, count = sixty_seams()
    options = StreamOptions(contract="append", max_segment_sec=4.5, hop_sec=2.0, commit=AGREE)
    recognizer = NumberRecognizer()
    events = play(recognizer, options, *pieces, silence(1))
    finals = [event for event in events if isinstance(event, Final)]
    assert len(finals) >= 60
    assert " ".join(final.text for final in finals).split() == [f"w{number}" for number in range(count)]
    assert not sum(final.corrected for final in finals)
    assert all(before.end == after.start for before, after in pairwise(finals))
    assert max(final.end - final.start for final in finals) <= 4.5
    assert all(decoding.closed for decoding in recognizer.made)


def languages(**fields: object) -> list[str | None]:
    """Return what was forced on each segment: one, one cut in two, and one behind a pause."""
    recognizer = NumberRecognizer()
    options = StreamOptions(max_segment_sec=4.0, **fields)  # type: ignore[arg-type]
    play(recognizer, options, spoken(1, 2, 3), silence(1), spoken(*range(10, 30)), silence(1))
    return [decoding.language for decoding in recognizer.made if decoding.finished]


def test_the_language_is_handed_on_over_a_cut_and_over_a_pause_if_asked() -> None:
    assert languages() == [None, None, "English"]
    assert languages(carry_language=True) == [None, "English", "English"]
    assert languages(language="Chinese") == ["Chinese"] * 3


def test_a_segment_that_is_not_decoded_further_is_heard_anew_up_to_its_cut() -> None:
    recognizer = NumberRecognizer()
    pieces = (spoken(*range(14)), silence(0.19), spoken(*range(20, 40)), silence(1))
    events = play(recognizer, StreamOptions(max_segment_sec=5.0), *pieces)
    whole = np.concatenate([*pieces, silence(1)])
    finals = [event for event in events if isinstance(event, Final)]
    decoded = [decoding.samples for decoding in recognizer.made if decoding.finished]
    for final, samples in zip(finals, decoded, strict=True):
        assert np.array_equal(samples, whole[round(final.start * RATE) : round(final.end * RATE)])
