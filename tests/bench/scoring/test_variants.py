"""What joining, silence and sounds cost, with planted transcripts."""

from __future__ import annotations

from typing import Any

import pytest

from edge_bench.corpus import Clip, Variant
from edge_bench.scoring.asr import Scored
from edge_bench.scoring.variants import variant_metrics
from edge_runtime.errors import UsageError
from tests.bench.scoring.test_asr import transcript


def plain(name: str, reference: str, actual: str) -> Scored:
    clip = Clip(id=name, audio=f"{name}.wav", text=reference, language="English")
    return Scored(clip, transcript(actual, "English"))


def variant(kind: Any, reference: str, actual: str, *parts: str) -> tuple[Variant, Scored]:
    made = Variant(id=kind, audio="x.wav", text=reference, language="English", kind=kind, parts=parts)
    return made, Scored(made, transcript(actual, "English"))


APART = [
    plain("a", "open the door", "open the door"),
    plain("b", "开灯。", "开门。"),
    plain("c", "no", "yes"),
]


def test_a_gap_is_what_is_lost_against_the_clips_that_a_recording_is_made_of() -> None:
    metrics = variant_metrics([variant("joined", "open the door开灯。", "Open a door开门", "a", "b")], APART)
    assert metrics == {"joined_gap": pytest.approx(100 * (2 / 5 - 1 / 5))}, "c is not in it"


def test_a_gap_may_be_a_gain() -> None:
    assert variant_metrics([variant("edges", "no", "no", "c")], APART) == {"edge_gap": -100.0}


def test_sounds_with_text_are_counted() -> None:
    actual = [variant("sound", "", text) for text in ("", "boo", "", "")]
    assert variant_metrics(actual, APART) == {"sound_text": 25.0}


def test_a_part_that_nobody_scored_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="'d', which is not among"):
        variant_metrics([variant("edges", "no", "no", "d")], APART)
