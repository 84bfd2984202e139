"""`edge-asr run` and `align` that write files: which, and what stderr says of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from edge_runtime.errors import ExitCode
from edge_runtime.writers import WRITERS
from tests.support.command import Command
from tests.support.tiny_bundle import SPEECH_TEXT


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_file_is_named_on_stderr(command: Command, clip: Path, tiny_bundle: Path, out: Path) -> None:
    outcome = command("run", clip, "-m", tiny_bundle, "-o", out)
    assert (outcome.code, outcome.out) == (ExitCode.OK, "")
    assert outcome.err == f"edge-asr: {clip}: wrote {out / 'clip.txt'}\n"
    assert command("run", clip, "-m", tiny_bundle, "-o", out, "-q").err == ""


def test_a_file_that_was_there_is_said_to_be_replaced(
    command: Command, clip: Path, tiny_bundle: Path, out: Path
) -> None:
    out.mkdir()
    (out / "clip.txt").write_text("written by hand")
    outcome = command("run", clip, "-m", tiny_bundle, "-o", out)
    assert outcome.err == f"edge-asr: {clip}: replaced {out / 'clip.txt'}\n"
    assert (out / "clip.txt").read_text() == f"{SPEECH_TEXT}\n"


@pytest.mark.parametrize(
    "flags", [["-f", "srt", "-f", "vtt"], ["-f", "srt,vtt"], ["-f", "VTT", "-f", "srt,vtt"]]
)
def test_several_formats_are_several_files(
    command: Command, clip: Path, tiny_bundle: Path, out: Path, flags: list[str]
) -> None:
    assert command("run", clip, "-m", tiny_bundle, "-o", out, *flags).code == ExitCode.OK
    assert names(out) == ["clip.srt", "clip.vtt"]


def test_all_formats_are_those_that_need_no_words_unless_these_get_times(
    command: Command, clip: Path, tiny_bundle: Path, tiny_aligner_bundle: Path, out: Path
) -> None:
    plain = ("run", clip, "-m", tiny_bundle, "-f", "all", "-o")
    assert command(*plain, out / "plain").code == ExitCode.OK
    every = {f"clip.{writer.extension}" for writer in WRITERS.values()}
    assert set(names(out / "plain")) == every - {"clip.ctm"}
    assert command(*plain, out / "timed", "--aligner", tiny_aligner_bundle).code == ExitCode.OK
    assert set(names(out / "timed")) == every


@pytest.mark.parametrize("value", ["srt vtt", "srt,vtt"])
def test_the_environment_may_name_several_formats(
    command: Command, clip: Path, tiny_bundle: Path, out: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("EDGE_ASR_OUTPUT_FORMAT", value)
    assert command("run", clip, "-m", tiny_bundle, "-o", out).code == ExitCode.OK
    assert names(out) == ["clip.srt", "clip.vtt"]


def test_what_is_there_is_left_out(
    command: Command, clip: Path, tiny_bundle: Path, tmp_path: Path, out: Path
) -> None:
    other = Path(shutil.copy(clip, tmp_path / "other.wav"))
    arguments = (
        "run",
        clip,
        other,
        "-m",
        tiny_bundle,
        "-o",
        out,
        "-f",
        "srt",
        "-f",
        "vtt",
        "--skip-existing",
    )
    assert command(*arguments).code == ExitCode.OK
    (out / "clip.srt").write_text("kept")
    (out / "other.vtt").unlink()
    outcome = command(*arguments)
    assert outcome.code == ExitCode.OK
    left, *written = [line for line in outcome.err.splitlines() if "estimated" not in line]
    assert left == f"edge-asr: {clip}: left out, there is {out / 'clip.srt'}, {out / 'clip.vtt'}"
    assert [line.split()[-1] for line in written] == [str(out / "other.srt"), str(out / "other.vtt")]
    assert (out / "clip.srt").read_text() == "kept"


def test_where_all_is_there_no_bundle_is_needed(command: Command, clip: Path, out: Path) -> None:
    out.mkdir()
    (out / "clip.txt").write_text("kept")
    outcome = command("run", clip, "-m", "/no/bundle", "-o", out, "--skip-existing")
    assert (outcome.code, (out / "clip.txt").read_text()) == (ExitCode.OK, "kept")


@pytest.mark.parametrize(
    ("name", "start"), [("talk.srt", "1\n00:"), ("talk.VTT", "WEBVTT"), ("a.verbose.json", "{")]
)
def test_one_file_may_be_named_and_its_extension_is_the_format(
    command: Command, clip: Path, tiny_bundle: Path, out: Path, name: str, start: str
) -> None:
    assert command("run", clip, "-m", tiny_bundle, "--output-file", out / name).code == ExitCode.OK
    assert (out / name).read_text().startswith(start)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["-o", "out", "--output-file", "x.srt"], "cannot both be"),
        (["--output-file", "x.docx"], "no output format has this extension"),
        (["--output-file", "x.srt", "-f", "srt", "-f", "vtt"], "make several files"),
        (["-f", "srt", "-f", "vtt"], "make several files"),
        (["-f", "all"], "make several files"),
        (["--skip-existing"], "--skip-existing looks for files"),
        (["-f", "docx"], "Unknown output format 'docx'"),
        (["-f", "srt", "--json"], "cannot both be"),
        (["-o", "/dev/null"], "is no folder"),
    ],
)
def test_files_that_cannot_be_meant_are_refused_before_the_bundle_is_loaded(
    command: Command, clip: Path, arguments: list[str], reason: str
) -> None:
    outcome = command("run", clip, "-m", "/no/bundle", *arguments)
    assert outcome.code == ExitCode.USAGE
    assert reason in outcome.error


def test_a_dash_as_the_file_is_stdout(command: Command, clip: Path, tiny_bundle: Path) -> None:
    assert command("run", clip, "-m", tiny_bundle, "--output-file", "-").out == f"{SPEECH_TEXT}\n"


def test_one_file_is_for_one_recording(command: Command, clip: Path) -> None:
    outcome = command("run", clip, clip, "-m", "/no/bundle", "--output-file", "x.srt")
    assert (outcome.code, "Several recordings" in outcome.error) == (ExitCode.USAGE, True)


def test_a_name_without_room_for_an_extension_is_cut(
    command: Command, clip: Path, tiny_bundle: Path, tmp_path: Path, out: Path
) -> None:
    longest = Path(shutil.copy(clip, tmp_path / ("好" * 83 + "x.wav")))
    assert len(longest.name.encode()) == 254
    outcome = command(
        "run", longest, clip, "-m", tiny_bundle, "-o", out, "-f", "textgrid", "-f", "verbose_json"
    )
    assert outcome.code == ExitCode.OK
    assert len(names(out)) == 4
    assert all(len(name.encode()) <= 255 for name in names(out))
    assert sum(name.startswith("好" * 70) for name in names(out)) == 2


def test_align_writes_several_formats_and_says_so(
    command: Command, clip: Path, tiny_aligner_bundle: Path, out: Path
) -> None:
    arguments = ("align", clip, "--text", "one", "-l", "en", "-m", tiny_aligner_bundle)
    outcome = command(*arguments, "-f", "srt", "-f", "json", "-o", out)
    assert outcome.code == ExitCode.OK
    assert [line.split(": ")[-1] for line in outcome.err.splitlines()[-2:]] == [
        f"wrote {out / 'clip.srt'}",
        f"wrote {out / 'clip.json'}",
    ]
    assert json.loads((out / "clip.json").read_text())["text"] == "one"
    assert command(*arguments, "--output-file", out / "one.vtt").code == ExitCode.OK
    assert (out / "one.vtt").read_text().startswith("WEBVTT")


def test_align_does_not_replace_the_text_it_reads(
    command: Command, clip: Path, tiny_aligner_bundle: Path, tmp_path: Path
) -> None:
    text = tmp_path / "clip.txt"
    text.write_text("one two")
    arguments = ("align", clip, "--text", f"@{text}", "-l", "en", "-m", tiny_aligner_bundle, "-f", "txt")
    outcome = command(*arguments, "-o", tmp_path)
    assert (outcome.code, text.read_text()) == (ExitCode.USAGE, "one two")
    assert "is the text, and the output would replace it" in outcome.error
