"""Which shares of equal classes are refused, and which are inconclusive."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from edge_bench.corpus import SpeechClip
from edge_bench.gate.aligner.classes import ClipClasses
from edge_bench.gate.aligner.comparison import AlignerComparison, compare_aligners
from edge_bench.gate.aligner.limits import AlignerLimits, aligner_limits_for
from edge_bench.gate.aligner.verdict import judge_aligner
from edge_runtime.errors import UsageError

CODES = {"English": "en", "Chinese": "zh"}
SLOTS = 20


def classes(changed: int, by: int = 1) -> ClipClasses:
    """Twenty slots, the first of them with other classes."""
    return ClipClasses(tuple(slot + (by if slot < changed else 0) for slot in range(SLOTS)))


def compared(changed: Sequence[int], languages: Sequence[str] = (), by: int = 1) -> AlignerComparison:
    clip_languages = languages or ["English"] * len(changed)
    clips = [
        SpeechClip(id=f"c-{at}", audio="x", text="x", language=name) for at, name in enumerate(clip_languages)
    ]
    actual = [classes(count, by) for count in changed]
    return compare_aligners(clips, actual, [classes(0)] * len(clips), CODES, 80.0)


def test_languages_have_figures_of_their_own_and_the_whole_is_pooled_over_slots() -> None:
    actual = compared([1, 0, 3], ["English", "English", "Chinese"])
    assert [(each.name, each.num_slots, each.equal) for each in actual.languages] == [
        ("en", 40, 97.5),
        ("zh", 20, 85.0),
    ]
    assert actual.whole.equal == pytest.approx(100 - 100 * 4 / 60)
    assert (actual.whole.within_one, actual.whole.distance_ms) == (100, pytest.approx(80 * 4 / 60))


def test_a_distance_of_two_classes_is_not_within_one() -> None:
    whole = compared([1, 0], by=-2).whole
    assert (whole.equal, whole.within_one, whole.distance_ms) == (97.5, 97.5, 4.0)


def test_a_share_below_is_refused_and_said_to_be_certain_or_not() -> None:
    (certain,) = judge_aligner(compared([2] * 50), AlignerLimits(99)).failures
    assert certain.endswith("wanted 99 %: outside, certainly")
    (uncertain,) = judge_aligner(compared([10] + [0] * 29), AlignerLimits(99)).failures
    assert uncertain.endswith("outside, on this list; a longer one may tell otherwise")


def test_a_share_inside_with_an_interval_beyond_is_passed_and_doubted() -> None:
    verdict = judge_aligner(compared([10] + [0] * 99), AlignerLimits(99))
    (reason,) = verdict.inconclusive
    assert verdict.passed
    assert "wanted 99: 100 clips cannot tell; about " in reason


def test_few_slots_without_a_difference_are_said_to_prove_little() -> None:
    (reason,) = judge_aligner(compared([0] * 10), AlignerLimits(99)).inconclusive
    assert "200 slots cannot show that 99 % are equal; at least 300 can" in reason
    assert judge_aligner(compared([0] * 15), AlignerLimits(99)).inconclusive == ()
    assert judge_aligner(compared([0] * 10), AlignerLimits(100)).inconclusive == (), (
        "equality is the limit, and holds"
    )


@pytest.mark.parametrize(
    ("precision", "equal"), [("fp32", 99.9), ("fp16", 99), ("int8", 99), ("int8-w8a8", 98), ("int4", 97)]
)
def test_every_precision_has_its_limit(precision: str, equal: float) -> None:
    assert aligner_limits_for(precision) == AlignerLimits(equal)


def test_limits_can_be_set_and_the_last_one_counts() -> None:
    limits = aligner_limits_for("int4", ["equal=90", "aas_ms=-0.5", "within_one=99", "equal=95"])
    assert limits == AlignerLimits(95, within_one=99, aas_ms=-0.5)


def test_a_precision_of_a_recipe_needs_a_share() -> None:
    with pytest.raises(UsageError, match=r"No limit is known for precision 'mixed'.*equal=98"):
        aligner_limits_for("mixed")


@pytest.mark.parametrize(
    "text", ["equal", "equal=x", "equal=nan", "equal=101", "points=1", "aas_ms=inf", "=1"]
)
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no limit for an aligner"):
        aligner_limits_for("int4", [text])
