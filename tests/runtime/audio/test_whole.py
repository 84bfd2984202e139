"""All of a recording or none of it: cut, flipped, joined, and of unknown length. Without ffmpeg."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.audio.load import Audio, read_stream
from edge_runtime.audio.options import LoadOptions
from edge_runtime.errors import AudioError

RATE = 16_000
FORMS = {
    "wav": ("WAV", "PCM_16"),
    "rf64": ("RF64", "PCM_16"),
    "w64": ("W64", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "vorbis": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}


def sound(kind: str, seconds: int = 3) -> bytes:
    stream = io.BytesIO()
    form, subtype = FORMS[kind]
    noise = np.random.default_rng(seconds).uniform(-0.3, 0.3, seconds * RATE)  # fills many pages
    soundfile.write(stream, noise, RATE, format=form, subtype=subtype)
    return stream.getvalue()


def load(data: bytes, *, salvage: bool = False) -> Audio:
    return read_stream(io.BytesIO(data), RATE, 60, LoadOptions(salvage=salvage), name=None)


def codes(audio: Audio) -> list[str]:
    return [notice.code for notice in audio.notices]


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("share", [0.35, 0.6, 0.85, 0.97])
def test_a_recording_that_was_cut_off_is_refused(kind: str, share: float) -> None:
    data = sound(kind)
    with pytest.raises(AudioError, match=r"damaged: .*--salvage\.$"):
        load(data[: int(share * len(data))])


@pytest.mark.parametrize("kind", FORMS)
def test_salvage_takes_its_beginning_and_says_so(kind: str) -> None:
    data = sound(kind)
    audio = load(data[: int(0.7 * len(data))], salvage=True)
    assert codes(audio) == ["partial"]
    assert 1.0 < audio.duration_s < 2.9


@pytest.mark.parametrize("kind", ["flac", "vorbis", "opus"])
@pytest.mark.parametrize("share", [0.4, 0.7, 0.95])
def test_one_flipped_bit_is_noticed(kind: str, share: float) -> None:
    data = bytearray(sound(kind))
    data[int(share * len(data))] ^= 0x20
    with pytest.raises(AudioError, match="damaged"):
        load(bytes(data))


@pytest.mark.parametrize("kind", ["wav", "flac", "vorbis", "opus", "mp3"])
def test_all_parts_of_a_joined_recording_are_read(kind: str) -> None:
    one, two = sound(kind, 2), sound(kind, 3)
    audio = load(one + two)
    assert codes(audio) == []
    expected = np.concatenate([load(one).waveform, load(two).waveform])
    np.testing.assert_array_equal(audio.waveform, expected)


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x8000_0000, 0x7FFF_F000])
def test_a_length_that_was_never_written_is_that_of_the_file(size: int) -> None:
    data = bytearray(sound("wav"))
    data[40:44] = struct.pack("<I", size)
    audio = load(bytes(data))
    assert audio.duration_s == 3.0
    assert codes(audio) == ([] if size else ["length_not_written"])


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF_FFFF_FFFF])
def test_a_long_length_that_was_never_written_is_that_of_the_file(size: int) -> None:
    data = bytearray(sound("rf64"))
    at = data.index(b"ds64") + 16
    data[at : at + 8] = struct.pack("<Q", size)
    assert abs(load(bytes(data)).duration_s - 3.0) < 0.01


def test_an_empty_recording_with_something_behind_it_stays_empty() -> None:
    data = bytearray(sound("wav")[:44])
    data[40:44] = bytes(4)
    with pytest.raises(AudioError, match="holds no samples"):
        load(bytes(data) + b"LIST" + struct.pack("<I", 4) + b"INFO")


def test_a_flac_of_unknown_length_is_read_to_its_end() -> None:
    data = bytearray(sound("flac"))
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    audio = load(bytes(data))
    assert (audio.duration_s, codes(audio)) == (3.0, [])


def test_a_flac_that_declares_one_sample_more_than_it_holds_is_damaged() -> None:
    data = bytearray(sound("flac"))
    data[22:26] = struct.pack(">I", 3 * RATE + 1)
    with pytest.raises(AudioError, match=f"holds {3 * RATE} of the {3 * RATE + 1} samples that it declares"):
        load(bytes(data))


def bare_mp3() -> bytes:
    """Return an MP3 whose frames nobody counted."""
    data = sound("mp3")
    assert b"Xing" in data[:200] or b"Info" in data[:200]
    second = data.index(data[:2], 100)
    return data[second:]


def test_an_mp3_without_a_count_is_read_to_its_end() -> None:
    audio = load(bare_mp3())
    assert 3.0 <= audio.duration_s < 3.2
    assert codes(audio) == []


def test_a_dump_of_a_broadcast_begins_and_ends_inside_a_frame() -> None:
    audio = load(bare_mp3()[70:-70])
    assert 2.8 <= audio.duration_s < 3.2
    assert codes(audio) == ["may_be_cut"]


def test_bytes_between_the_frames_of_an_mp3_are_damage() -> None:
    data = bare_mp3()
    middle = len(data) // 2
    with pytest.raises(AudioError, match="bytes between its frames are not readable"):
        load(data[:middle] + b"\x00junk" * 300 + data[middle:])


def test_tags_around_an_mp3_are_no_sound(tmp_path: Path) -> None:
    size = 200_000
    cover = b"ID3\x03\x00\x00" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    tagged = cover + (b"\xff\xfb\x90\x00" + bytes(96)) * (size // 100) + bare_mp3() + b"TAG" + bytes(125)
    audio = load(tagged)
    np.testing.assert_array_equal(audio.waveform, load(bare_mp3()).waveform)
    assert codes(audio) == []
