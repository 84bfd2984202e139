"""The order of statuses."""

from __future__ import annotations

from typing import Any

import pytest

from edge_runtime.audio.notice import AudioNotice
from edge_runtime.results.result_warning import STRICT_CODES
from edge_runtime.results.status import CUT, STATUSES, Status, status_with, worst_status


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


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("ok", "audio_clipped", "audio_clipped"),
        ("no_speech", "audio_clipped", "no_speech"),
        ("low_confidence", "audio_clipped", "low_confidence"),
        ("ok", "partial", "partial"),
        ("no_speech", "partial", "partial"),
        ("ok", "gap_filled", "ok"),
    ],
)
def test_the_recording_can_make_it_worse(status: Status, code: Any, expected: Status) -> None:
    assert status_with(status, (AudioNotice(code, "why"),)) == expected


def test_strict_refuses_texts_that_are_not_whole_and_takes_doubtful_ones() -> None:
    refused = STRICT_CODES.intersection(STATUSES)
    assert refused == CUT | {"loop_recovered", "partial"}
    assert refused == set(STATUSES[STATUSES.index("loop_recovered") :]), "the worst, and all of them"
