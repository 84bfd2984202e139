"""Spans of speech are those of `silero_vad.get_speech_timestamps`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_runtime.errors import UsageError
from edge_runtime.vad.energy import Span
from edge_runtime.vad.options import VadOptions
from edge_runtime.vad.timestamps import FRAME_SAMPLES, SAMPLE_RATE, speech_timestamps

GOLDEN = Path("tests/golden/silero_timestamps.json")
"""Written by `python -m tests.golden.make_silero_timestamps` with silero-vad 6.2.3."""
CASES = json.loads(GOLDEN.read_text("utf-8"))


def test_spans_are_those_of_the_package_on_every_stored_sequence() -> None:
    assert len(CASES) > 100
    for case in CASES:
        spans = speech_timestamps(
            np.array(case["probabilities"]), case["num_samples"], VadOptions(**case["options"])
        )
        detected = [[round(at * SAMPLE_RATE) for at in (span.start, span.end)] for span in spans]
        assert detected == case["spans"], case


def sequence(*runs: tuple[float, int]) -> Any:
    return np.concatenate([np.full(count, value, np.float16) for value, count in runs])


def test_frames_between_the_thresholds_change_nothing() -> None:
    probabilities = sequence((0.0, 4), (0.45, 10), (0.9, 10), (0.45, 20), (0.0, 10))
    (span,) = speech_timestamps(probabilities, len(probabilities) * FRAME_SAMPLES, VadOptions())
    assert span == Span(14 * 0.032, 44 * 0.032)


def test_short_silence_belongs_to_speech_and_short_speech_is_dropped() -> None:
    probabilities = sequence((0.9, 10), (0.0, 3), (0.9, 10), (0.0, 20), (0.9, 7), (0.0, 20))
    spans = speech_timestamps(probabilities, len(probabilities) * FRAME_SAMPLES, VadOptions())
    assert spans == (Span(0.0, 23 * 0.032),)


def test_speech_at_the_end_ends_with_the_recording() -> None:
    (span,) = speech_timestamps(sequence((0.0, 10), (0.9, 20)), 30 * FRAME_SAMPLES - 100, VadOptions())
    assert span.end == (30 * FRAME_SAMPLES - 100) / SAMPLE_RATE


def test_no_frames_are_no_speech() -> None:
    assert speech_timestamps(np.zeros(0, np.float16), 0, VadOptions()) == ()


@pytest.mark.parametrize(
    "options", [{"threshold": 0.3}, {"threshold": 1.5}, {"neg_threshold": -0.1}, {"speech_pad_ms": -1}]
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        VadOptions(**options)
