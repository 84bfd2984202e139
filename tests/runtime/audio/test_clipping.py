"""When a recording is overdriven."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime import load_audio
from edge_runtime.audio.clipping import Clipping
from edge_runtime.audio.load import from_array
from tests.support.tiny_bundle import tone

RATE = 16_000


def share(*blocks: np.ndarray) -> float:
    clipping = Clipping()
    for block in blocks:
        clipping.add(block)
    return clipping.share


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([0, 1, 1, 1, 0], 3 / 5),
        ([0, -1, -1, -1, -1], 4 / 5),
        ([1, 1, 1, 0, 1, 1, 1, 1], 7 / 8),
        ([0, 1, 1, 0, -1], 0),
        ([1, -1, 1, -1, 1], 0),
        ([0, 1.2, 1.4, 1.3, 1.1], 0),
        ([0.9, 0.9, 0.9, 0.9], 0),
        ([], 0),
    ],
)
def test_runs_of_three_equal_samples_at_full_scale_count(samples: list[float], expected: float) -> None:
    mono = np.array(samples, np.float32)
    assert share(mono) == pytest.approx(expected)
    assert share(mono, np.zeros(len(mono), np.float32)) == pytest.approx(expected / 2)
    assert share(np.stack([mono, 0 * mono], axis=1)) == pytest.approx(expected / 2)


def test_nothing_at_all_is_not_clipped() -> None:
    assert share() == 0


@pytest.mark.parametrize(("gain", "expected"), [(1.9, []), (2.5, ["audio_clipped"])])
@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_an_overdriven_recording_says_so_whatever_its_rate(
    tmp_path: Path, gain: float, expected: list[str], rate: int
) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, np.clip(gain * tone(rate, 440, rate), -1, 1), rate, "PCM_16")
    assert [notice.code for notice in load_audio(path, RATE, 30).notices] == expected


def test_samples_are_listened_to_as_files_are() -> None:
    loud = np.clip(10 * tone(RATE), -1, 1)
    assert [notice.code for notice in from_array(loud, RATE, RATE, 30).notices] == ["audio_clipped"]
    integers = (loud * 32767).astype(np.int16)
    assert [notice.code for notice in from_array(integers, RATE, RATE, 30).notices] == ["audio_clipped"]
    assert from_array(tone(RATE), RATE, RATE, 30).notices == ()
