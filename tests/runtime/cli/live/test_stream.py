"""`edge-asr stream`, over a stream that says what it heard."""

from __future__ import annotations

import io
import json
import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.errors import ExitCode
from edge_runtime.recognition.recognizer import Recognizer
from tests.support.command import Command
from tests.support.fake_stream import FakeStream

RATE = 16_000


@pytest.fixture(autouse=True)
def streams(monkeypatch: pytest.MonkeyPatch) -> list[FakeStream]:
    made: list[FakeStream] = []

    def stream(_self: object, options: object, *, on_event: object, **_: object) -> FakeStream:
        made.append(FakeStream(options, on_event))
        return made[-1]

    monkeypatch.setattr(Recognizer, "stream", stream, raising=False)
    return made


def wav(samples: np.ndarray, rate: int, **form: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", **form)
    return file.getvalue()


def steady(seconds: float, rate: int = RATE, channels: int = 1) -> np.ndarray:
    return np.full((round(seconds * rate), channels), 0.25)


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"),
    [(16_000, 1, "PCM_16"), (44_100, 2, "PCM_24"), (8_000, 1, "PCM_U8"), (48_000, 3, "FLOAT")],
)
def test_a_wav_through_a_pipe_is_heard_at_its_own_rate(
    command: Command, tiny_bundle: Path, rate: int, channels: int, subtype: str
) -> None:
    sent = wav(steady(1.5, rate, channels), rate, subtype=subtype)
    outcome = command("stream", "-", "-m", tiny_bundle, stdin=sent)
    assert outcome.out == f"{round(1.5 * rate)} samples at {rate} Hz, mean 0.250\n"
    assert (outcome.code, outcome.err) == (ExitCode.OK, "")


def test_a_wav_whose_writer_did_not_know_its_length_is_heard_to_its_end(
    command: Command, tiny_bundle: Path
) -> None:
    sent = bytearray(wav(steady(1.0), RATE, subtype="PCM_16"))
    at = sent.index(b"data") + 4
    sent[at : at + 4] = struct.pack("<I", 0xFFFF_FFFF)
    assert command("stream", "-", "-m", tiny_bundle, stdin=bytes(sent)).out.startswith("16000 samples")


def test_what_stands_behind_the_samples_of_a_wav_is_not_heard(command: Command, tiny_bundle: Path) -> None:
    sent = wav(steady(1.0), RATE, subtype="PCM_16") + b"LIST\x04\x00\x00\x00INFO"
    assert command("stream", "-", "-m", tiny_bundle, stdin=sent).out.startswith("16000 samples")


def test_raw_samples_that_end_inside_one_lose_it_and_say_so(command: Command, tiny_bundle: Path) -> None:
    sent = np.full(2 * 8_000, 8_192, "<i2").tobytes() + b"\0\0\0"
    flags = ("--raw", "--rate", 8_000, "--channels", 2)
    outcome = command("stream", "-", "-m", tiny_bundle, *flags, stdin=sent)
    assert outcome.out == "8000 samples at 8000 Hz, mean 0.250\n"
    assert "ends in the middle of a sample; its last 3 bytes are left out" in outcome.err


def test_a_wav_that_ends_early_is_heard_and_told(command: Command, tiny_bundle: Path) -> None:
    sent = wav(steady(2.0), RATE, subtype="PCM_16")[:-RATE]
    outcome = command("stream", "-", "-m", tiny_bundle, stdin=sent)
    assert outcome.out.startswith("24000 samples")
    assert "ends 0.5 s before the length in its header" in outcome.err


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (b"", "-: nothing came"),
        (b"#!/bin/sh\necho no audio\n", "-: is no WAV; it begins with b'#!/bin/sh"),
        (b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x11\0\1\0" + bytes(12), "compressed (format 17)"),
        (b"RIFF\0\0\0\0WAVE", "ends before its first sample"),
    ],
)
def test_what_is_no_wav_is_refused(command: Command, tiny_bundle: Path, sent: bytes, message: str) -> None:
    outcome = command("stream", "-", "-m", tiny_bundle, stdin=sent)
    assert message in outcome.error
    assert outcome.code == ExitCode.ALL_INPUTS_FAILED


def test_a_file_has_the_samples_that_run_decodes(
    command: Command, tiny_bundle: Path, streams: list[FakeStream], tmp_path: Path
) -> None:
    path = tmp_path / "clip.flac"
    soundfile.write(path, steady(2.3), RATE)
    outcome = command("stream", path, "-m", tiny_bundle, "-l", "en", "--contract", "append", "--hop", 0)
    assert outcome.out == "36800 samples at 16000 Hz, mean 0.250\n"
    options = streams[0].options
    assert (options.language, options.contract, options.hop_sec) == ("en", "append", None)


def test_events_are_lines_of_json(command: Command, tiny_bundle: Path) -> None:
    sent = wav(steady(2.0), RATE)
    lines = command("stream", "-", "-m", tiny_bundle, "--emit", "ndjson", stdin=sent).out.splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["partial", "partial", "final"]


def test_subtitles_are_numbered_as_they_come(command: Command, tiny_bundle: Path) -> None:
    outcome = command("stream", "-", "-m", tiny_bundle, "--emit", "srt", stdin=wav(steady(1.5), RATE))
    assert outcome.out.startswith("1\n00:00:00,000 --> 00:00:01,500\n24000 samples")
    assert outcome.out.endswith("\n\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-", "--emit", "xml"], "--emit 'xml' is unknown; choose text, ndjson, srt."),
        (["a.wav", "--raw"], "--raw is for standard input"),
        (["-", "--rate", "8000"], "--rate and --channels describe --raw samples"),
        (["a.wav", "--max-latency-ms", "900"], "a file can wait"),
        (["a.wav", "--input-device", "1"], "--input-device names a microphone"),
        (["-", "--aligner", "mini-aligner"], "--aligner times words, and text shows none"),
        (["-", "--policy", "guess"], "--policy 'guess' is unknown; choose probability,"),
        (["-", "--contract", "both"], "there are exact and append"),
        (["-", "--raw", "--rate", "5"], "A sample rate of 5 Hz is outside"),
    ],
)
def test_flags_that_make_no_sense_are_refused(
    command: Command, tiny_bundle: Path, arguments: list[str], message: str
) -> None:
    assert message in command("stream", *arguments, "-m", tiny_bundle).error


def with_recorder(path: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an arecord first on PATH, and hide sounddevice."""
    program = path / "arecord"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setitem(sys.modules, "sounddevice", None)


def test_a_microphone_that_is_unplugged_loses_nothing_and_is_told(
    command: Command, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_recorder(
        tmp_path,
        "head -c 32000 /dev/zero; echo 'arecord: read error: No such device' >&2; exit 1",
        monkeypatch,
    )
    outcome = command("stream", "-m", tiny_bundle, "--emit", "ndjson")
    events = [json.loads(line) for line in outcome.out.splitlines()]
    assert [event["type"] for event in events] == ["partial", "final", "error"]
    assert events[1]["text"].startswith("16000 samples at 16000 Hz")
    assert "the microphone gives no more audio: arecord: read error: No such device" in events[2]["message"]
    assert "Plug it in again" in outcome.err
    assert outcome.code == ExitCode.SOME_INPUTS_FAILED


def test_a_microphone_that_is_not_there_is_an_error(
    command: Command, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_recorder(tmp_path, "echo 'arecord: audio open error: No such file' >&2; exit 1", monkeypatch)
    outcome = command("stream", "-m", tiny_bundle, "-q")
    assert "audio open error" in outcome.error
    assert outcome.code == ExitCode.ALL_INPUTS_FAILED


def test_without_anything_that_records_it_is_said_what_to_install(
    command: Command, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    for flags in (["-m", tiny_bundle], ["--list-devices"]):
        outcome = command("stream", *flags)
        assert "pip install 'edge-asr[mic]'" in outcome.error
        assert outcome.code == ExitCode.BACKEND
