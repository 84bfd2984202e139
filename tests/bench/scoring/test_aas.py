"""The accumulated averaging shift, on planted times."""

from __future__ import annotations

import pytest

from edge_bench.corpus import UnitSpan
from edge_bench.scoring.aas import shifts_ms

TRUE = [UnitSpan("one", 0.0, 0.4), UnitSpan("two", 0.5, 1.0)]


def test_equal_times_have_no_shift() -> None:
    assert shifts_ms(TRUE, TRUE) == [0, 0, 0, 0]


def test_starts_and_ends_count_alike_and_early_is_as_bad_as_late() -> None:
    actual = [UnitSpan("one", 0.08, 0.4), UnitSpan("two", 0.5, 0.84)]
    assert shifts_ms(actual, TRUE) == pytest.approx([80, 0, 0, 160])


@pytest.mark.parametrize(
    ("actual", "message"),
    [
        (TRUE[:1], "1 and 2 of them"),
        ([TRUE[0], UnitSpan("too", 0.5, 1.0)], "differ from unit 1 on"),
    ],
)
def test_other_units_cannot_be_compared(actual: list[UnitSpan], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shifts_ms(actual, TRUE)
