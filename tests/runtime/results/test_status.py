"""The order of statuses."""

from __future__ import annotations

import pytest

from edge_runtime.results.result_warning import STRICT_CODES
from edge_runtime.results.status import CUT, STATUSES, Status, worst_status


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], "no_speech"),
        (["no_speech", "no_speech"], "no_speech"),
        (["no_speech", "ok"], "ok"),
        (["ok", "low_confidence", "language_uncertain"], "low_confidence"),
        (["loop_recovered", "low_confidence"], "loop_recovered"),
        (["loop_unresolved", "ok", "loop_recovered"], "loop_unresolved"),
        (["partial", "truncated", "loop_unresolved"], "truncated"),
    ],
)
def test_the_worst_segment_decides(statuses: list[Status], expected: Status) -> None:
    assert worst_status(statuses) == expected


def test_strict_refuses_texts_that_are_not_whole_and_takes_doubtful_ones() -> None:
    refused = STRICT_CODES.intersection(STATUSES)
    assert refused == CUT | {"loop_recovered", "partial"}
    assert refused == set(STATUSES[STATUSES.index("loop_recovered") :]), "the worst, and all of them"
