"""Which figures are refused, which are inconclusive, and the sentences on them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from edge_bench.gate.asr.comparison import Comparison, compare
from edge_bench.gate.asr.limits import GateLimits, limits_for
from edge_bench.gate.asr.table import table_lines
from edge_bench.gate.asr.verdict import judge
from edge_runtime.errors import UsageError
from tests.bench.support.transcripts import clip, make_transcript

SAID = "one two three four five six seven eight nine ten"
WRONG = SAID.replace("four", "for")
CODES = {"English": "en", "Chinese": "zh"}


def english(candidate: Sequence[str], reference: Sequence[str] | None = None) -> Comparison:
    """English clips of ten words each."""
    clips = [clip(SAID, id_=f"en-{number}") for number in range(len(candidate))]
    old = reference or [SAID] * len(candidate)
    return compare(clips, [*map(make_transcript, candidate)], [*map(make_transcript, old)], CODES)


def test_rates_of_each_language_stand_in_the_summary() -> None:
    clips = [clip(SAID), clip("你好世界", "Chinese"), clip("", "")]
    new = [make_transcript(WRONG), make_transcript("你好", "Chinese"), make_transcript("", None)]
    old = [make_transcript(SAID), make_transcript("你好世", "Chinese"), make_transcript("", None)]
    actual = judge(compare(clips, new, old, CODES), GateLimits(0.5))
    assert actual.summary() == (
        "gate: wer_en_delta=+10.00 [+10.00,+10.00] cer_zh_delta=+25.00 [+25.00,+25.00] "
        "empty=0 loop=0 language=0 invented=0 early=0 changed=2 clips=3 missed"
    )


def test_equal_texts_pass_and_ten_clips_of_them_are_said_to_prove_little() -> None:
    few = judge(english([SAID] * 10), GateLimits(0.5))
    assert few.passed
    (reason,) = few.inconclusive
    assert reason.startswith(
        "wer_en: no clip differs in its errors, but 100 words or characters cannot show 0.5 "
    )
    assert reason.endswith("points; at least 600 can")
    assert judge(english([SAID] * 60), GateLimits(0.5)).inconclusive == ()
    assert judge(english([SAID] * 10), GateLimits(0.0)).inconclusive == (), "equality is the limit, and holds"


def test_a_figure_inside_its_limit_with_an_interval_beyond_is_passed_and_doubted() -> None:
    actual = judge(english([WRONG] + [SAID] * 371), GateLimits(0.05))
    (reason,) = actual.inconclusive
    assert actual.passed
    assert reason.startswith(
        "wer_en may be up to +0.08 points, allowed +0.05: 372 clips cannot tell; about 2,0"
    )


def test_a_figure_inside_with_its_whole_interval_is_passed_without_doubt() -> None:
    actual = judge(english([WRONG] + [SAID] * 371), GateLimits(0.1))
    assert (actual.passed, actual.inconclusive) == (True, ())


def test_a_figure_outside_is_refused_and_said_to_be_certain_or_not() -> None:
    (certain,) = judge(english([WRONG] * 40 + [SAID] * 10), GateLimits(0.5)).failures
    assert certain.startswith("wer_en is +8.00 points [")
    assert certain.endswith("from the reference's 0.00 %, allowed +0.5: outside, certainly")
    (uncertain,) = judge(english([WRONG] + [SAID] * 9), GateLimits(0.5)).failures
    assert uncertain.endswith("outside, on this list; a longer one may tell otherwise")


def test_a_better_text_makes_up_for_a_worse_one() -> None:
    actual = judge(english([WRONG, SAID], [SAID, WRONG]), GateLimits(0.0))
    assert actual.passed
    assert "wer_en_delta=+0.00" in actual.summary()


@pytest.mark.parametrize(
    ("text", "behaviour"), [("", "empty"), ("one two", "early"), (SAID + " ten" * 9, "loop")]
)
def test_a_new_behavior_is_refused_whatever_the_rates(text: str, behaviour: str) -> None:
    comparison = english([SAID, text])
    generous = GateLimits(points=100)
    assert judge(comparison, generous).failures == (f"{behaviour}: 1 new, allowed 0 (en-1)",)
    assert judge(comparison, limits_for("int4", ["points=100", f"{behaviour}=1"])).passed


def test_long_lists_of_clips_are_cut_in_a_message() -> None:
    (failure,) = judge(english([WRONG] * 12), limits_for("int4", ["points=100", "changed=3"])).failures
    assert failure.startswith("changed: 12 new, allowed 3 (en-0, ")
    assert failure.endswith("en-9 and 2 more)")


@pytest.mark.parametrize(
    ("precision", "points"), [("fp32", 0), ("fp16", 0.1), ("int8", 0.1), ("int8-w8a8", 0.3), ("int4", 0.5)]
)
def test_every_precision_has_its_limits(precision: str, points: float) -> None:
    assert limits_for(precision) == GateLimits(points)


def test_limits_can_be_set_and_the_last_one_counts() -> None:
    limits = limits_for("int4", ["points=0.2", "early=2", "changed=9", "points=-0.1"])
    assert limits == GateLimits(-0.1, early=2, changed=9)


def test_a_precision_of_a_recipe_needs_points() -> None:
    with pytest.raises(UsageError, match=r"No limit is known for precision 'mixed'.*points=0\.3"):
        limits_for("mixed")
    assert limits_for("mixed", ["points=1"]) == GateLimits(1.0)


@pytest.mark.parametrize(
    "text", ["points", "points=x", "points=nan", "wer_en=1", "early=0.5", "loop=-1", "=1"]
)
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no limit"):
        limits_for("int4", [text])


def test_the_report_shows_clips_that_broke_side_by_side_and_no_others() -> None:
    lines = list(table_lines(english([SAID, "", WRONG]), GateLimits(0.5)))
    assert lines[1].split() == ["wer_en", "3", "30", "0.00", "%", "36.67", "%", "+36.67", "[+0.00,+100.00]"]
    shown = lines.index("en-1  empty")
    assert [line.split(maxsplit=2)[0] for line in lines[shown + 1 : shown + 4]] == [
        "spoken",
        "reference",
        "candidate",
    ]
    assert not any(line.startswith(("en-0", "en-2")) for line in lines)
