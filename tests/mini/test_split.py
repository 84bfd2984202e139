"""Nothing that a score is measured on was in training."""

from __future__ import annotations

import pytest

from edge_mini.corpus import plan
from edge_mini.no_speech import NO_SPEECH
from edge_mini.noises import BACKGROUNDS
from edge_mini.sentences import split_of
from edge_mini.timed_corpus import plan_timed


@pytest.fixture(scope="module")
def utterances() -> dict[str, list]:
    return {
        split: [*plan(split, 7, 400, 40), *plan_timed(split, 7, 200)]  # type: ignore[arg-type]
        for split in ("train", "heldout")
    }


def test_sentences_are_not_shared(utterances: dict[str, list]) -> None:
    said = {split: {s for u in utterances[split] for s in u.sentences} for split in utterances}
    assert not said["train"] & said["heldout"]
    assert all(split_of(sentence) == split for split in said for sentence in said[split])


def test_voices_are_not_shared(utterances: dict[str, list]) -> None:
    variants = {
        split: {u.voice.name.rpartition("+")[2] for u in utterances[split] if u.voice} for split in utterances
    }
    assert len(variants["heldout"]) > 8
    assert not variants["train"] & variants["heldout"]


def test_most_clips_have_a_speaker_of_their_own() -> None:
    voices = [utterance.voice for utterance in plan("train", 7, 400, 0)]
    random_ones = {voice.random_variant for voice in voices if voice and voice.random_variant}
    assert len(random_ones) > 0.6 * len(voices)


def test_background_noises_are_not_shared() -> None:
    assert not set(BACKGROUNDS["train"]) & set(BACKGROUNDS["heldout"])
    # Silence, tones, clicks and chords are in both: what they are is drawn anew each time.
    assert set(NO_SPEECH["train"]) & set(NO_SPEECH["heldout"]) == {"silence", "tone", "clicks", "chords"}


def test_the_same_seed_gives_the_same_corpus() -> None:
    assert list(plan("train", 7, 20, 5)) == list(plan("train", 7, 20, 5))
    assert list(plan("train", 7, 20, 5)) != list(plan("train", 8, 20, 5))
