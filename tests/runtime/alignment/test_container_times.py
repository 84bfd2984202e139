"""Word times of videos are those of the plain audio on the clock of the container."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile

from edge_bench.corpus import AlignedClip, read_list
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.options import AudioFile, LoadOptions
from tests.conftest import ROOT
from tests.support.recordings.workshop import RATE, Workshop

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")

LIST = ROOT / "tests" / "aligned_clips" / "manifest.jsonl"
CLIPS = {clip.id: clip for clip in read_list(LIST, AlignedClip)}
FIRST, SECOND, OTHER = (CLIPS[name] for name in ("en-00060", "en-00011", "zh-00032"))
TEXT = f"{FIRST.text} {SECOND.text}"
PICTURE = ("-f", "lavfi", "-i", "color=size=16x16:duration=14:rate=10")
CODED = ("-c:v", "mpeg4", "-g", "1", "-c:a", "aac", "-ar", "48000")
# Matroska does not say by how much an encoder is late, which is 64 ms for AAC at 16 kHz.
LOSSLESS = ("-c:v", "mpeg4", "-c:a", "pcm_s16le")
CLASS_S = 0.08
PAUSE_S, LATE_S, HOLE_S, CUT_S = 0.5, 1.94, 3.0, 0.48


def samples_of(clip: AlignedClip) -> Waveform:
    samples: Waveform = soundfile.read(LIST.parent / clip.audio, dtype="float32")[0]
    return samples


def silence(seconds: Seconds) -> Waveform:
    return np.zeros(round(seconds * RATE), np.float32)


SPOKEN = np.concatenate([samples_of(FIRST), silence(PAUSE_S), samples_of(SECOND)])
MIDDLE_S = samples_of(FIRST).size / RATE + PAUSE_S / 2


class Case(NamedTuple):
    """A video of the spoken clips, and the plain audio with the same times."""

    video: Callable[[Workshop, Path], Path]
    plain: Waveform
    track: int | None = None


def late(shop: Workshop, spoken: Path) -> Path:
    sound = ("-itsoffset", str(LATE_S), "-i", str(spoken))
    return shop.command("late.mp4", *PICTURE, *sound, "-map", "0:v", "-map", "1:a", *CODED)


def with_hole(shop: Workshop, spoken: Path) -> Path:
    hole = f"[1:a]asetpts='if(gte(T,{MIDDLE_S}),PTS+{HOLE_S}/TB,PTS)'[a]"
    sound = ("-i", str(spoken), "-filter_complex", hole, "-map", "0:v", "-map", "[a]")
    return shop.command("hole.mkv", *PICTURE, *sound, *LOSSLESS)


def with_edit_list(shop: Workshop, spoken: Path) -> Path:
    whole = shop.command("whole.mp4", *PICTURE, "-i", str(spoken), "-map", "0:v", "-map", "1:a", *CODED)
    return shop.command("cut.mp4", "-ss", str(CUT_S), "-i", str(whole), "-c", "copy")


def second_track(shop: Workshop, spoken: Path) -> Path:
    sound = ("-i", str(LIST.parent / OTHER.audio), "-itsoffset", str(LATE_S), "-i", str(spoken))
    return shop.command("two.mkv", *PICTURE, *sound, "-map", "0:v", "-map", "1:a", "-map", "2:a", *LOSSLESS)


@pytest.fixture(scope="module")
def aligner(mini_aligner_bundle: Path) -> Aligner:
    return Aligner.load(mini_aligner_bundle)


@pytest.mark.parametrize(
    "case",
    [
        Case(late, np.append(silence(LATE_S), SPOKEN)),
        Case(with_hole, np.insert(SPOKEN, round(MIDDLE_S * RATE), silence(HOLE_S))),
        Case(with_edit_list, SPOKEN[round(CUT_S * RATE) :]),
        Case(second_track, np.append(silence(LATE_S), SPOKEN), 2),
    ],
    ids=lambda case: case.video.__name__,
)
def test_words_of_a_video_are_where_they_are_in_the_plain_audio(
    tmp_path: Path, aligner: Aligner, case: Case
) -> None:
    shop = Workshop(tmp_path)
    video = case.video(shop, shop.sound("spoken.wav", SPOKEN, subtype="PCM_16"))
    file = AudioFile(video, LoadOptions(audio_track=case.track))
    expected = aligner.align(case.plain, TEXT, "English", sample_rate=RATE).words
    actual = aligner.align(file, TEXT, "English").words
    for word, where in zip(actual, expected, strict=True):
        assert (word.start, word.end) == pytest.approx((where.start, where.end), abs=CLASS_S + 1e-6)
