"""Channels and levels: what a listener is told, and what they may choose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.arrays import Array
from edge_runtime.audio.load import Audio, load_audio
from edge_runtime.audio.options import AudioFile, LoadOptions
from edge_runtime.audio.source import load_source
from edge_runtime.errors import AudioError
from tests.support.tiny_bundle import tone

RATE = 16_000


def load(tmp_path: Path, samples: Array, **choices: int) -> Audio:
    path = tmp_path / "x.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return load_audio(path, RATE, 60, LoadOptions(**choices))


def codes(audio: Audio) -> list[str]:
    return [notice.code for notice in audio.notices]


@pytest.mark.parametrize("channel", [1, 2])
def test_one_channel_can_be_taken_alone(tmp_path: Path, channel: int) -> None:
    audio = load(tmp_path, np.stack([tone(RATE), -tone(RATE)], axis=1), channel=channel)
    np.testing.assert_array_equal(audio.waveform, tone(RATE) * (3 - 2 * channel))
    assert codes(audio) == []
    assert audio.source_channels == 2


@pytest.mark.parametrize("channel", [0, 3, -1])
def test_a_channel_that_is_not_there_is_refused(tmp_path: Path, channel: int) -> None:
    with pytest.raises(AudioError, match=rf"x\.wav: there is no channel {channel}; it has 2"):
        load(tmp_path, np.zeros((RATE, 2), np.float32), channel=channel)


@pytest.mark.parametrize(
    ("second", "expected"),
    [(-1.0, ["channels_cancel"]), (-0.98, ["channels_cancel"]), (-0.5, []), (0.0, []), (1.0, [])],
)
def test_channels_that_cancel_each_other_are_noticed(
    tmp_path: Path, second: float, expected: list[str]
) -> None:
    assert codes(load(tmp_path, np.stack([tone(RATE), second * tone(RATE)], axis=1))) == expected


def test_silent_channels_do_not_cancel_each_other(tmp_path: Path) -> None:
    assert codes(load(tmp_path, np.zeros((RATE, 2), np.float32))) == []


@pytest.mark.parametrize(("level", "expected"), [(1e4, ["level_spike"]), (20.0, ["level_spike"]), (2.0, [])])
def test_one_sample_far_above_all_others_is_noticed(
    tmp_path: Path, level: float, expected: list[str]
) -> None:
    samples = 0.5 * tone(RATE)
    samples[500] = level
    assert codes(load(tmp_path, samples)) == expected


def test_a_recording_that_is_too_loud_as_a_whole_has_no_spike(tmp_path: Path) -> None:
    assert codes(load(tmp_path, 32_768 * tone(RATE))) == []


def test_what_is_no_container_has_one_track(tmp_path: Path) -> None:
    assert load(tmp_path, tone(RATE), audio_track=1).duration_s == 1.0
    with pytest.raises(AudioError, match=r"x\.wav: there is no audio track 2; it has 1"):
        load(tmp_path, tone(RATE), audio_track=2)


def test_a_file_carries_its_choices_wherever_a_path_may_stand(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, np.stack([tone(RATE), np.zeros(RATE)], axis=1), RATE, subtype="FLOAT")
    audio = load_source(AudioFile(path, LoadOptions(channel=2)), None, RATE, 60)
    assert not audio.waveform.any()
