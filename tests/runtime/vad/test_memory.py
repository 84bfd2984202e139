"""Memory that planning a long recording takes beside what is known of it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Final

import numpy as np
import pytest

from edge_runtime.vad.energy import FRAME_S, loud_spans
from edge_runtime.vad.options import VadOptions
from edge_runtime.vad.timestamps import FRAME_SAMPLES, speech_timestamps

DURATION_S: Final = 3 * 3600.0
PROBABILITIES: Final = np.tile(np.repeat(np.array([0, 1], np.float16), 50), 3375)
POWERS: Final = np.tile(np.repeat(np.array([1e-12, 1e-2], np.float32), 50), round(DURATION_S / FRAME_S / 100))
"""Of three hours of silence and speech in turns."""


def speech() -> object:
    return speech_timestamps(PROBABILITIES, len(PROBABILITIES) * FRAME_SAMPLES, VadOptions())


def sounds() -> object:
    return loud_spans(POWERS, FRAME_S, DURATION_S)


@pytest.mark.parametrize(("plan", "megabytes"), [(speech, 3), (sounds, 9)])
def test_three_hours_are_planned_in_a_few_megabytes(plan: Callable[[], object], megabytes: int) -> None:
    tracemalloc.start()
    try:
        plan()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < megabytes * 1e6
