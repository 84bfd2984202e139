"""`edge-asr convert`: from stored JSON to every format, without a recording."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.errors import ExitCode
from edge_runtime.writers import WRITERS
from tests.support.command import Command
from tests.support.tiny_bundle import tone

RATE = 16_000


@pytest.fixture
def both(tmp_path: Path, tiny_bundle: Path, tiny_aligner_bundle: Path) -> list[object]:
    soundfile.write(tmp_path / "talk.wav", tone(4 * RATE) * np.float32(0.5), RATE)
    return ["run", tmp_path / "talk.wav", "-m", tiny_bundle, "--aligner", tiny_aligner_bundle]


@pytest.mark.parametrize("stored", [["--json"], ["-f", "json"]])
def test_a_stored_transcript_becomes_what_the_recording_would(
    command: Command, both: list[object], tmp_path: Path, stored: list[str]
) -> None:
    (tmp_path / "talk.json").write_text(command(*both, "--word-timestamps", *stored).out, "utf-8")
    direct, later = tmp_path / "direct", tmp_path / "later"
    formats = ["-f", ",".join(WRITERS)]
    assert command(*both, "--word-timestamps", *formats, "-o", direct).code == ExitCode.OK
    assert command("convert", tmp_path / "talk.json", *formats, "-o", later).code == ExitCode.OK
    for writer in WRITERS.values():
        name = f"talk.{writer.extension}"
        assert (later / name).read_text("utf-8") == (direct / name).read_text("utf-8")


def test_times_are_moved_and_a_mark_is_put_in_front_where_the_format_takes_it(
    command: Command, both: list[object], tmp_path: Path
) -> None:
    stored = command(*both, "-f", "json").out.encode()
    out = command("convert", "-", "--offset", "3600.5", "--bom", stdin=stored).out
    assert out.startswith("\ufeff1\n01:00:00,")
    moved = json.loads(command("convert", "-", "--offset", "2", "--bom", "-f", "json", stdin=stored).out)
    before = json.loads(stored)["segments"]
    assert [one["start"] for one in moved["segments"]] == [one["start"] + 2 for one in before]
    earlier = json.loads(command("convert", "-", "--offset", "-100", "-f", "json", stdin=stored).out)
    assert {one["end"] for one in earlier["segments"]} == {0.0}


def test_an_alignment_converts_too(command: Command, both: list[object], tiny_aligner_bundle: Path) -> None:
    align = ["align", both[1], "--text", "one two", "-l", "en", "-m", tiny_aligner_bundle]
    stored = command(*align).out.encode()
    assert command("convert", "-", "-f", "vtt", stdin=stored).out == command(*align, "-f", "vtt").out


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (b"1\n00:00:01,000 --> 00:00:02,000\n", "is no document of one recording"),
        (b'{"schema": "edge-asr/report@1"}', "the schema is 'edge-asr/report@1'"),
        (b'{"schema": "edge-asr/alignment@1"}', "is no document of one recording"),
    ],
)
def test_what_is_no_result_is_refused(command: Command, stored: bytes, message: str) -> None:
    outcome = command("convert", "-", stdin=stored)
    assert (outcome.code, message in outcome.error) == (ExitCode.USAGE, True)
