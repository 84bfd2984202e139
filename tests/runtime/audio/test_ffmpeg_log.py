"""What is read from ffmpeg's messages, in the words of its release 5.1."""

from __future__ import annotations

import pytest

from edge_runtime.audio.decoders.ffmpeg_log import FfmpegLog, Track

HEADER = """\
[info] Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/proc/self/fd/0':
[info]   Metadata:
[info]     title           :   Duration: 09:00:00.00, start: 0
[info]   Duration: 00:01:06.99, start: 0.000000, bitrate: 56 kb/s
[info]   Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p, 1920x1080 (default)
[info]   Stream #0:1[0x2](eng): Audio: aac (LC) (mp4a / 0x6134706D), 16000 Hz, mono, fltp, 54 kb/s
[info]   Stream #0:2(fra): Audio: ac3, 48000 Hz, stereo, fltp, 192 kb/s (default)
[info] Stream mapping:
[info]   Stream #0:2 -> #0:0 (ac3 (native) -> pcm_f32be (native))
[info] Output #0, au, to 'pipe:1':
[info]   Stream #0:0: Audio: pcm_f32be, 48000 Hz, stereo, flt, 3072 kb/s
"""


def log(*lines: str) -> FfmpegLog:
    result = FfmpegLog("mov")
    result.read([*HEADER.splitlines(), *lines])
    return result


def test_the_tracks_of_the_input_and_its_length_are_read() -> None:
    result = log()
    assert result.tracks == [Track(1, "eng", "aac", default=False), Track(2, "fra", "ac3", default=True)]
    assert (result.has_picture, result.duration_s, result.started) == (True, 66.99, True)
    assert (result.complaints, result.duration_estimated) == ([], False)


def test_a_cover_is_no_picture() -> None:
    result = FfmpegLog("mov")
    result.read(["[info]   Stream #0:0: Video: mjpeg, yuvj420p, 300x300, 90k tbr (attached pic)"])
    assert not result.has_picture


@pytest.mark.parametrize(
    "line",
    [
        "[ac3 @ 0x5600] [error] frame sync error",
        "[error] Error while decoding stream #0:2: Invalid data found when processing input",
        "[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55bc] [error] stream 2, offset 0x745b: partial file",
        "[warning] file:/proc/self/fd/0: corrupt input packet in stream 2",
        "[mov @ 0x1] [warning] Packet corrupt (stream = 2, dts = 501840).",
        "[fatal] something else",
    ],
)
def test_what_concerns_the_track_is_a_complaint(line: str) -> None:
    assert len(log(line).complaints) == 1


@pytest.mark.parametrize(
    "line",
    [
        "[h264 @ 0x5600] [error] error while decoding MB 12 3",
        "[aac @ 0x5600] [error] channel element 2.12 is not allocated",
        "[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55bc] [error] stream 0, offset 0x745b: partial file",
        "[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55bc] [error] Cannot find an index entry before timestamp: 0.",
        "[warning] file:/proc/self/fd/0: corrupt input packet in stream 0",
        "[warning] Guessed Channel Layout for Input Stream #0.0 : mono",
    ],
)
def test_what_concerns_another_is_none(line: str) -> None:
    assert log(line).complaints == []


def test_samples_that_are_added_and_left_out_are_counted() -> None:
    result = log(
        "[SWR @ 0x56] [verbose] adding 16384 audio samples of silence",
        "[SWR @ 0x56] [verbose] adding 100 audio samples of silence",
        "[SWR @ 0x56] [verbose] discarding 7 audio samples",
    )
    assert (result.silence_samples, result.dropped_samples) == (16_484, 7)


def test_what_is_no_line_of_ffmpeg_is_kept_as_the_reason() -> None:
    result = FfmpegLog("mov")
    result.read(["ffmpeg: error while loading shared libraries: libavcodec.so.58", "more"])
    assert result.last == "ffmpeg: error while loading shared libraries: libavcodec.so.58"


def test_complaints_without_end_are_bounded() -> None:
    assert len(log(*["[fatal] x"] * 5000).complaints) == 1000
