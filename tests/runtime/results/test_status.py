"""The order of statuses."""

from __future__ import annotations

import pytest

from edge_runtime.results.status import Status, worst_status


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
