"""`edge-asr align` on a text in captions, and on what nobody says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.errors import ExitCode
from tests.support.command import Command
from tests.support.tiny_aligner import planted_ms
from tests.support.tiny_bundle import tone

RATE = 16_000
SRT = (
    "7\r\n00:00:01,500 --> 00:00:02,000\r\n[music]\r\n\r\n"
    "8\r\n00:00:03,000 --> 00:00:04,000\r\n<i>One  two</i>\r\nTHREE:\u00a0\u3000!\r\n\r\n"
    "30\r\n00:00:05,000 --> 00:00:06,000\r\nANN: four (laughs)\r\n"
)


@pytest.fixture
def rest(tmp_path: Path, tiny_aligner_bundle: Path) -> list[object]:
    samples = tone(4 * RATE)
    samples[(np.arange(samples.size) // 2400) % 2 == 1] *= 0.001
    soundfile.write(tmp_path / "clip.wav", np.pad(samples, (round(0.6 * RATE), 0)), RATE)
    (tmp_path / "cues.srt").write_bytes(SRT.encode())
    return ["align", tmp_path / "clip.wav", "-l", "en", "-m", tiny_aligner_bundle]


def clock(slot: int) -> str:
    return f"00:00:{planted_ms(slot) / 1000:06.3f}".replace(".", ",")


def test_cues_keep_number_and_text_byte_for_byte(
    command: Command, rest: list[object], tmp_path: Path
) -> None:
    out = command(*rest, "--text", f"@{tmp_path / 'cues.srt'}", "--keep-cues").out
    expected = (
        SRT.replace("00:00:01,500 --> 00:00:02,000", f"00:00:00,000 --> {clock(0)}")
        # "THREE:" names a speaker: two units of the second cue are spoken, the first of the third is "four".
        .replace("00:00:03,000 --> 00:00:04,000", f"{clock(0)} --> {clock(3)}")
        .replace("00:00:05,000 --> 00:00:06,000", f"{clock(4)} --> {clock(5)}")
    )
    assert out == expected
    command(*rest, "--text", f"@{tmp_path / 'cues.srt'}", "--keep-cues", "-o", tmp_path / "out")
    assert (tmp_path / "out" / "clip.srt").read_bytes() == expected.encode()


def test_kept_cues_go_into_other_formats_too(command: Command, rest: list[object], tmp_path: Path) -> None:
    text = ["--text", f"@{tmp_path / 'cues.srt'}", "--keep-cues"]
    vtt = command(*rest, *text, "-f", "vtt").out
    assert vtt.count("-->") == 3
    assert "\nANN: four (laughs)\n" in vtt
    segments = json.loads(command(*rest, *text, "-f", "json").out)["segments"]
    assert [segment["text"] for segment in segments] == [
        "[music]", "<i>One  two</i>\nTHREE:\u00a0\u3000!", "ANN: four (laughs)",
    ]  # fmt: skip
    assert [len(segment["words"]) for segment in segments] == [0, 2, 1]


def test_without_keeping_only_what_is_said_is_aligned_and_all_of_it_shown(
    command: Command, rest: list[object], tmp_path: Path
) -> None:
    out = json.loads(command(*rest, "--text", f"@{tmp_path / 'cues.srt'}").out)
    words = [word["text"] for segment in out["segments"] for word in segment["words"]]
    assert words == ["[music] <i>One", "two</i> THREE:\u00a0\u3000!", "ANN: four (laughs)"]


def test_a_line_is_a_cue_where_cues_are_kept(command: Command, rest: list[object]) -> None:
    out = command(*rest, "--text", "-", "--keep-cues", stdin=b"one two\n\nthree\n").out
    assert out == (f"1\n{clock(0)} --> {clock(3)}\none two\n\n2\n{clock(4)} --> {clock(5)}\nthree\n\n")


def test_white_space_survives_as_it_was_written(command: Command, rest: list[object]) -> None:
    text = "one\u00a0two\u202f, three\u3000four"
    for name in ("txt", "srt", "vtt"):
        assert text in command(*rest, "--text", text, "-f", name).out
    assert json.loads(command(*rest, "--text", text).out)["text"] == text


def test_all_is_spoken_where_that_is_requested(command: Command, rest: list[object]) -> None:
    text = ["--text", "[one] NAME: <i>two</i>"]
    counts = [
        len(json.loads(command(*rest, *text, *flags).out)["segments"][0]["words"])
        for flags in ([], ["--all-spoken"])
    ]
    assert counts == [1, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--text", "one", "--keep-cues", "--max-line-width", "42"], "--keep-cues leaves cues"),
        (["--text", " \n", "--keep-cues"], "the text has no line"),
        (["--text", "WEBVTT\n\nNOTE x"], "without a caption"),
        (["--text", "1\n00:00:01,000 --> 00:00:02,000\n[music]"], "no letter or digit"),
    ],
)
def test_what_cannot_be_kept_or_aligned_is_refused(
    command: Command, rest: list[object], arguments: list[str], message: str
) -> None:
    outcome = command(*rest, *arguments)
    assert (outcome.code, message in outcome.error) == (ExitCode.USAGE, True)


def test_markup_of_a_text_is_markup_in_every_format_and_after_convert(
    command: Command, rest: list[object], tmp_path: Path
) -> None:
    text = ["--text", "<i>one <font color='red'>two</font></i> A&amp;B {\\an8}four"]
    assert "<i>one two</i> A&amp;B four" in command(*rest, *text, "-f", "vtt").out
    assert "{\\i1}one two{\\i0} A&B {\\an8}four" in command(*rest, *text, "-f", "ass").out
    stored = tmp_path / "stored.json"
    stored.write_text(command(*rest, *text).out, "utf-8")
    for name in ("vtt", "ass", "ttml", "srt"):
        assert command("convert", stored, "-f", name).out == command(*rest, *text, "-f", name).out
    literal = command(*rest, *text, "--all-spoken", "-f", "vtt").out
    assert "&lt;i&gt;one" in literal.replace("\n", " ")


def test_styles_of_subtitles_end_with_their_cue(command: Command, rest: list[object], tmp_path: Path) -> None:
    vtt = "WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ann><i>one\n\n00:01.000 --> 00:02.000\ntwo &amp; three\n"
    (tmp_path / "cues.vtt").write_text(vtt, "utf-8")
    text = ["--text", f"@{tmp_path / 'cues.vtt'}"]
    assert "<v Ann><i>one</i></v> two &amp; three" in command(*rest, *text, "-f", "vtt").out
    assert "<i>one</i> two & three" in command(*rest, *text, "-f", "srt").out
    kept = command(*rest, *text, "--keep-cues", "-f", "srt").out
    assert "\n<i>one</i>\n" in kept
    assert "\ntwo & three\n" in kept


def test_times_are_later_by_the_offset_behind_a_byte_order_mark(
    command: Command, rest: list[object], tmp_path: Path
) -> None:
    later = ["--offset", "3600", "--bom"]
    words = ["--text", "one two"]
    assert command(*rest, *words, *later, "-f", "srt").out.startswith("\ufeff1\n01:00:00,")
    plain, moved = (json.loads(command(*rest, *words, *flags).out) for flags in ([], later))
    assert moved["segments"][0]["start"] == plain["segments"][0]["start"] + 3600
    cues = ["--text", f"@{tmp_path / 'cues.srt'}", "--keep-cues"]
    kept = command(*rest, *cues, *later).out
    assert kept.startswith("\ufeff7\r\n01:00:00,000 --> 01:00:00,")
