"""Times are those of the container: videos with late sound, holes and edit lists; plain files as they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.decode import Decoding, stream_limit
from edge_runtime.audio.load import Audio, load_audio
from edge_runtime.audio.medium import open_path
from edge_runtime.audio.options import LoadOptions
from edge_runtime.errors import AudioError
from tests.support.recordings.workshop import RATE, Workshop, clip

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")

PICTURE = ("-f", "lavfi", "-i", "color=size=16x16:duration=6:rate=10")
AAC = ("-c:v", "mpeg4", "-c:a", "aac")
LOSSLESS = ("-c:v", "mpeg4", "-c:a", "pcm_s16le")
CLASS_S = 0.08
HALF = clip().size // 2


def loaded(path: Path, **choices: int | str) -> Audio:
    return load_audio(path, RATE, 60, LoadOptions(**choices))  # type: ignore[arg-type]


def place_s(waveform: Waveform, part: Waveform) -> Seconds:
    """Return when a part of the clip is heard."""
    size = 1 << (waveform.size + part.size).bit_length()
    spectrum = np.fft.rfft(waveform, size) * np.conj(np.fft.rfft(part, size))
    place = int(np.argmax(np.fft.irfft(spectrum, size)))
    return (place - size if place > size // 2 else place) / RATE


def halves_s(audio: Audio) -> tuple[Seconds, Seconds]:
    """Return how much later than in the plain clip its halves are heard."""
    first, second = place_s(audio.waveform, clip()[:HALF]), place_s(audio.waveform, clip()[HALF:])
    return first, second - HALF / RATE


@pytest.mark.parametrize(
    ("name", "late_s", "codec"),
    [("late.mp4", 1.94, AAC), ("late.mkv", 1.94, AAC), ("late.ts", 1.94, AAC), ("just.mkv", 0.095, LOSSLESS)],
)
def test_sound_that_starts_late_has_the_times_of_the_picture(
    tmp_path: Path, name: str, late_s: Seconds, codec: tuple[str, ...]
) -> None:
    shop = Workshop(tmp_path)
    late = ("-itsoffset", str(late_s), "-i", str(shop.source), "-map", "0:v", "-map", "1:a")
    audio = loaded(shop.command(name, *PICTURE, *late, *codec))
    assert halves_s(audio) == pytest.approx((late_s, late_s), abs=CLASS_S)
    assert [notice.code for notice in audio.notices] == ["gap_filled"]


@pytest.mark.parametrize("name", ["hole.mp4", "hole.mkv"])
def test_what_follows_a_hole_of_the_track_is_not_early(tmp_path: Path, name: str) -> None:
    shop = Workshop(tmp_path)
    hole = f"[1:a]asetpts='if(gte(T,{HALF / RATE}),PTS+3/TB,PTS)'[a]"
    sources = (*PICTURE, "-i", str(shop.source), "-filter_complex", hole)
    audio = loaded(shop.command(name, *sources, "-map", "0:v", "-map", "[a]", *AAC))
    assert halves_s(audio) == pytest.approx((0, 3), abs=CLASS_S)


def test_an_edit_list_says_where_the_recording_begins(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    whole = shop.command(
        "whole.mp4", *PICTURE, "-i", str(shop.source), "-map", "0:v", "-map", "1:a", "-g", "1", *AAC
    )
    cut = shop.command("cut.mp4", "-ss", "0.5", "-i", str(whole), "-c", "copy")
    assert b"elst" in cut.read_bytes()
    assert halves_s(loaded(cut))[1] == pytest.approx(-0.5, abs=CLASS_S)


def test_an_avi_whose_sound_is_shorter_than_its_picture_is_warned_of(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    rest = ("-i", str(shop.source), "-map", "0:v", "-map", "1:a", "-c:v", "mpeg4", "-c:a", "pcm_s16le")
    (notice,) = loaded(shop.command("short.avi", *PICTURE, *rest)).notices
    assert (notice.code, "shorter than the picture" in notice.message) == ("clock_ignored", True)
    assert not loaded(shop.command("equal.avi", *PICTURE, *rest, "-shortest")).notices


def test_a_track_is_taken_by_its_language(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    other = shop.sound("other.wav", clip("zh-00001"), subtype="PCM_16")
    named = ("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger")
    tracks = (
        "-i",
        str(other),
        "-itsoffset",
        "1",
        "-i",
        str(shop.source),
        "-map",
        "0",
        "-map",
        "1:a",
        "-map",
        "2:a",
    )
    path = shop.command("two.mkv", *PICTURE, *tracks, *named, *AAC)
    for wanted in ("ger", "DEU", 2):
        audio = loaded(path, audio_track=wanted)
        assert halves_s(audio) == pytest.approx((1, 1), abs=CLASS_S)
        assert "several_tracks" not in [notice.code for notice in audio.notices]
    (notice,) = loaded(path).notices
    assert notice.message.startswith("Audio track 1 of 2 was taken (1 eng, 2 ger).")
    with pytest.raises(AudioError, match=r"no audio track in 'fre'; it has \(1 eng, 2 ger\)"):
        loaded(path, audio_track="fre")


@pytest.mark.parametrize("name", ["plain.wav", "plain.flac", "plain.mp3", "plain.m4a"])
def test_a_plain_file_is_the_same_with_and_without_the_clock(tmp_path: Path, name: str) -> None:
    shop = Workshop(tmp_path)
    path = shop.source if name == "plain.wav" else shop.ffmpeg(name)
    with_clock, without = (samples(path, clock=clock) for clock in (True, False))
    np.testing.assert_array_equal(with_clock, without)
    if name in {"plain.wav", "plain.flac"}:
        np.testing.assert_array_equal(with_clock, clip())


def samples(path: Path, *, clock: bool) -> Waveform:
    with open_path(path, stream_limit) as medium:
        return np.concatenate(list(Decoding(medium, RATE, 60, LoadOptions(), clock=clock).blocks()))
