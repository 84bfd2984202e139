"""`edge-asr align`, and the flags of `edge-asr run` that need an aligner."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.bundle.specs import MatchSpec
from edge_runtime.errors import ExitCode
from tests.support.command import Command
from tests.support.tiny_aligner import LANGUAGES, write_tiny_aligner
from tests.support.tiny_bundle import SPEECH_TEXT, tone

RATE = 16_000


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    samples = tone(4 * RATE)
    samples[(np.arange(samples.size) // 2400) % 2 == 1] *= 0.001
    # As much silence as the aligner gets: planted times count from the start of the file then.
    soundfile.write(tmp_path / "clip.wav", np.pad(samples, (round(0.6 * RATE), 0)), RATE)
    return tmp_path / "clip.wav"


def test_align_prints_json(command: Command, clip: Path, tiny_aligner_bundle: Path) -> None:
    outcome = command("align", clip, "--text", "Hello, world.", "-l", "en", "-m", tiny_aligner_bundle)
    assert outcome.code == ExitCode.OK
    assert "1 of 2 words have times where nobody speaks" in outcome.err, "the first is planted in the silence"
    document = json.loads(outcome.out)
    assert (document["status"], document["text"]) == ("ok", "Hello, world.")


@pytest.mark.parametrize(
    ("name", "start"),
    [("srt", "1\n00:00:00,080"), ("vtt", "WEBVTT\n"), ("tsv", "start\tend"), ("ctm", "clip 1 0.08")],
)
def test_align_writes_the_format_that_is_named(
    command: Command, clip: Path, tiny_aligner_bundle: Path, name: str, start: str
) -> None:
    arguments = ["align", clip, "--text", "Hello, world.", "-l", "en", "-m", tiny_aligner_bundle, "-f", name]
    assert command(*arguments).out.startswith(start)


def test_the_text_may_come_from_a_file_or_standard_input(
    command: Command, clip: Path, tiny_aligner_bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.txt").write_text("one two", "utf-8")
    rest = ["-l", "English", "-m", tiny_aligner_bundle, "-f", "txt"]
    assert command("align", clip, "--text", f"@{tmp_path / 'text.txt'}", *rest).out == "one two\n"
    assert command("align", clip, "--text", "-", *rest, stdin=b"three four").out == "three four\n"
    assert command("align", "-", "--text", "five", *rest, stdin=clip.read_bytes()).out == "five\n"


def test_files_go_into_the_output_directory(
    command: Command, clip: Path, tiny_aligner_bundle: Path, tmp_path: Path
) -> None:
    rest = ["-l", "en", "-m", tiny_aligner_bundle, "-f", "srt", "-o", tmp_path / "subtitles"]
    assert command("align", clip, "--text", "one", *rest).out == ""
    assert (tmp_path / "subtitles" / "clip.srt").read_text().startswith("1\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--text", "?", "-l", "en"], "no letter or digit"),
        (["--text", "one", "-l", "sv"], "Language 'sv' (Swedish) cannot be aligned"),
        (["--text", "one", "-l", "en", "-f", "docx"], "Unknown output format 'docx'"),
        (["--text", "one", "-l", "en", "-f", "srt", "--json"], "cannot both be"),
        (["--text", "one", "-l", "ko", "--korean", "jamo"], "--korean 'jamo' is unknown"),
        (["--text", "@missing.txt", "-l", "en"], "cannot be read"),
        (["--text", "one", "-l", "en", "--max-line-width", "0"], "--max-line-width is 0"),
    ],
)
def test_a_request_that_cannot_be_met_is_reported_in_one_line(
    command: Command, clip: Path, tiny_aligner_bundle: Path, arguments: list[str], message: str
) -> None:
    outcome = command("align", clip, "-m", tiny_aligner_bundle, *arguments)
    assert outcome.code == ExitCode.USAGE
    assert message in outcome.error


def test_the_other_kind_of_bundle_is_refused(
    command: Command, clip: Path, tiny_bundle: Path, tiny_aligner_bundle: Path
) -> None:
    outcome = command("align", clip, "--text", "one", "-l", "en", "-m", tiny_bundle)
    assert (outcome.code, "no forced aligner" in outcome.error) == (ExitCode.BUNDLE, True)
    outcome = command("run", clip, "-m", tiny_aligner_bundle)
    assert (outcome.code, "cannot transcribe" in outcome.error) == (ExitCode.BUNDLE, True)


def test_run_times_the_words(
    command: Command, clip: Path, tiny_bundle: Path, tiny_aligner_bundle: Path
) -> None:
    both = ["-m", tiny_bundle, "--aligner", tiny_aligner_bundle]
    words = json.loads(command("run", clip, *both, "--word-timestamps", "--json").out)["words"]
    assert [word["text"] for word in words] == SPEECH_TEXT.split()
    assert command("run", clip, *both, "-f", "srt").out.startswith("1\n00:00:00,080 --> 00:00:01,")
    fine = command("run", clip, *both, "--timestamps", "char", "-f", "ctm").out
    reported = json.loads(command("run", clip, *both, "--timestamps", "char", "--json").out)
    count = len(SPEECH_TEXT.replace(" ", "").replace(".", ""))
    assert [line.split()[0] for line in fine.splitlines()] == ["clip"] * count
    assert len(reported["words"]) == count


@pytest.mark.parametrize(("shown", "warnings"), [([], 1), (["-f", "txt"], 1), (["-f", "srt"], 0)])
def test_times_that_nobody_will_see_are_reported(
    command: Command,
    clip: Path,
    tiny_bundle: Path,
    tiny_aligner_bundle: Path,
    shown: list[str],
    warnings: int,
) -> None:
    both = ["-m", tiny_bundle, "--aligner", tiny_aligner_bundle]
    outcome = command("run", clip, *both, "--word-timestamps", *shown)
    assert (outcome.code, outcome.err.count("plain text shows no times")) == (ExitCode.OK, warnings)


def test_run_refuses_an_unknown_rule_for_korean(command: Command, clip: Path, tiny_bundle: Path) -> None:
    outcome = command("run", clip, "-m", tiny_bundle, "--korean", "jamo")
    assert (outcome.code, "choose dictionary or eojeol" in outcome.error) == (ExitCode.USAGE, True)


def test_run_without_an_aligner_times_the_recording(command: Command, clip: Path, tiny_bundle: Path) -> None:
    outcome = command("run", clip, "-m", tiny_bundle, "-f", "srt")
    assert outcome.out.startswith("1\n00:00:00,600 --> 00:00:04,600\n")


@pytest.mark.parametrize(
    ("name", "start"),
    [("srt", "1\n00:00:00,600 --> 00:00:04,600\n"), ("ctm", ";; clip 1 0.000 4.600 Hello tiny world.\n")],
)
def test_a_language_that_is_not_aligned_is_a_warning_and_no_failure(
    command: Command, clip: Path, tiny_bundle: Path, tmp_path: Path, name: str, start: str
) -> None:
    aligner = write_tiny_aligner(tmp_path / "chinese", languages=LANGUAGES[:1])
    arguments = ["run", clip, "-m", tiny_bundle, "--aligner", aligner, "--word-timestamps", "-f", name]
    outcome = command(*arguments)
    assert outcome.code == ExitCode.OK
    assert outcome.out.startswith(start)
    assert "only these can be aligned" in outcome.err
    assert command(*arguments, "--strict").code == ExitCode.CHECK_FAILED


def test_bundles_are_found_by_their_kind(
    command: Command,
    clip: Path,
    tiny_bundle: Path,
    tiny_aligner_bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "engines").mkdir()
    (tmp_path / "engines" / "a").symlink_to(tiny_bundle)
    monkeypatch.chdir(tmp_path)
    outcome = command("align", clip, "--text", "one", "-l", "en")
    assert "No aligner bundle" in outcome.error
    (tmp_path / "engines" / "b").symlink_to(tiny_aligner_bundle)
    assert command("run", clip).out == f"{SPEECH_TEXT}\n"
    assert command("align", clip, "--text", "one", "-l", "en").code == ExitCode.OK
    assert command("run", clip, "--word-timestamps", "-f", "ctm").code == ExitCode.OK


def test_info_and_verify_know_an_aligner(command: Command, tiny_aligner_bundle: Path) -> None:
    shown = command("info", "-m", tiny_aligner_bundle).out
    assert "aligns: times the words of a text" in shown
    assert "500 times, 80 ms apart" in shown
    verified = command("verify", "-m", tiny_aligner_bundle)
    assert verified.code == ExitCode.OK
    assert "classes" in verified.out


def test_strict_ends_with_8_where_the_text_is_not_what_is_spoken(
    command: Command, clip: Path, tmp_path: Path
) -> None:
    picky = write_tiny_aligner(tmp_path / "picky", match=MatchSpec(confidence=1.0, min_score=1.0))
    arguments = ["align", clip, "--text", "Hello, world.", "-l", "en", "-m", picky]
    outcome = command(*arguments, "--strict")
    assert outcome.code == ExitCode.CHECK_FAILED
    assert "The text is hardly what is spoken" in outcome.err
    document = json.loads(outcome.out)
    assert "text_mismatch" in [warning["code"] for warning in document["warnings"]]
    assert 0 < document["match"] < 1
    assert command(*arguments).code == ExitCode.OK


def test_a_track_below_the_first_is_refused(command: Command, clip: Path, tiny_aligner_bundle: Path) -> None:
    arguments = ["align", clip, "--text", "x", "-l", "en", "-m", tiny_aligner_bundle]
    outcome = command(*arguments, "--audio-track=0")
    assert outcome.code == ExitCode.USAGE
    assert "the first is 1" in outcome.err
