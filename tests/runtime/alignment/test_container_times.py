"""Word times of videos are those of the plain audio on the clock of the container."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

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
CLIP = next(clip for clip in read_list(LIST, AlignedClip) if clip.id == "en-00060")
SPOKEN = LIST.parent / CLIP.audio
PICTURE = ("-f", "lavfi", "-i", "color=size=16x16:duration=9:rate=10")
CODED = ("-c:v", "mpeg4", "-g", "1", "-c:a", "aac")
CLASS_S = 0.08
LATE_S, HOLE_S, CUT_S = 1.94, 3.0, 0.48
HALF_S = 2.0


def late(shop: Workshop) -> Path:
    sound = ("-itsoffset", str(LATE_S), "-i", str(SPOKEN))
    return shop.command("late.mp4", *PICTURE, *sound, "-map", "0:v", "-map", "1:a", *CODED)


def with_hole(shop: Workshop) -> Path:
    hole = f"[1:a]asetpts='if(gte(T,{HALF_S}),PTS+{HOLE_S}/TB,PTS)'[a]"
    sound = ("-i", str(SPOKEN), "-filter_complex", hole, "-map", "0:v", "-map", "[a]")
    return shop.command("hole.mkv", *PICTURE, *sound, *CODED)


def with_edit_list(shop: Workshop) -> Path:
    whole = shop.command("whole.mp4", *PICTURE, "-i", str(SPOKEN), "-map", "0:v", "-map", "1:a", *CODED)
    return shop.command("cut.mp4", "-ss", str(CUT_S), "-i", str(whole), "-c", "copy")


def second_track(shop: Workshop) -> Path:
    other = LIST.parent / "zh-00032.flac"
    sound = ("-i", str(other), "-itsoffset", str(LATE_S), "-i", str(SPOKEN), "-map", "0:v")
    return shop.command("two.mkv", *PICTURE, *sound, "-map", "1:a", "-map", "2:a", *CODED)


def silent_s(seconds: Seconds) -> Waveform:
    return np.zeros(round(seconds * RATE), np.float32)


@pytest.fixture(scope="module")
def aligner(mini_aligner_bundle: Path) -> Aligner:
    return Aligner.load(mini_aligner_bundle)


@pytest.mark.parametrize(
    ("video", "track", "plain"),
    [
        (late, None, lambda clip: np.append(silent_s(LATE_S), clip)),
        (
            with_hole,
            None,
            lambda clip: np.insert(clip, round(HALF_S * RATE), silent_s(HOLE_S)),
        ),
        (with_edit_list, None, lambda clip: clip[round(CUT_S * RATE) :]),
        (second_track, 2, lambda clip: np.append(silent_s(LATE_S), clip)),
    ],
)
def test_words_of_a_video_are_where_they_are_in_the_plain_audio(
    tmp_path: Path,
    aligner: Aligner,
    video: Callable[[Workshop], Path],
    track: int | None,
    plain: Callable[[Waveform], Waveform],
) -> None:
    samples = plain(soundfile.read(SPOKEN, dtype="float32")[0])
    expected = aligner.align(samples, CLIP.text, CLIP.language, sample_rate=RATE).words
    file = AudioFile(video(Workshop(tmp_path)), LoadOptions(audio_track=track))
    actual = aligner.align(file, CLIP.text, CLIP.language).words
    for word, where in zip(actual, expected, strict=True):
        assert (word.start, word.end) == pytest.approx((where.start, where.end), abs=CLASS_S + 1e-6)
