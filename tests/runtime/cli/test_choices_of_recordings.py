"""Which recordings a command line means: files, folders, patterns and lists."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_runtime.cli.inputs.recordings import find_recordings
from edge_runtime.errors import ExitCode, UsageError
from tests.support.command import Command
from tests.support.tiny_bundle import SPEECH_TEXT


@pytest.fixture
def folder(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Recordings with and without a suffix among other files, also hidden ones and in a folder inside."""
    root = tmp_path / "talks"
    (root / "inside").mkdir(parents=True)
    (root / ".hidden").mkdir()
    for name in ("b.WAV", "a.wav", "unnamed", "inside/c.wav", ".hidden/d.wav", ".e.wav"):
        shutil.copy(clip, root / name)
    (root / "notes.txt").write_text("no recording")
    (root / "picture").write_bytes(b"\0\0\0\x18ftypheic")
    os.mkfifo(root / "pipe")
    monkeypatch.chdir(tmp_path)
    return root


FILES = ["talks/a.wav", "talks/b.WAV", "talks/unnamed", "talks/inside/c.wav"]


def names(*arguments: str, files_from: str | None = None) -> list[str]:
    return [recording.name for recording in find_recordings(arguments, files_from)]


@pytest.mark.usefixtures("folder")
def test_a_folder_means_the_recordings_below_it_sorted() -> None:
    assert names("talks") == FILES


@pytest.mark.usefixtures("folder")
def test_a_quoted_pattern_means_what_a_shell_would_make_of_it() -> None:
    assert names("talks/*.wav") == ["talks/a.wav"]
    assert names("talks/**/*.wav") == ["talks/a.wav", "talks/inside/c.wav"]
    shutil.copy("talks/a.wav", "talks/odd[1].wav")
    assert names("talks/odd[1].wav") == ["talks/odd[1].wav"], "a file of that name is meant"


LISTS: dict[str, bytes] = {
    "plain": b"talks/a.wav\ntalks/inside\n",
    "from Windows": b"\xef\xbb\xbftalks/a.wav\r\ntalks/inside\r\n",
    "with blank lines and no end": b"\n\ntalks/a.wav\n\ntalks/inside",
}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("kind", LISTS)
def test_a_list_holds_a_path_a_line(kind: str) -> None:
    Path("list.txt").write_bytes(LISTS[kind])
    expected = ["talks/a.wav", "talks/inside/c.wav"]
    assert names("@list.txt") == names(files_from="list.txt") == expected
    assert names("talks/b.WAV", files_from="list.txt") == ["talks/b.WAV", *expected]


@pytest.mark.usefixtures("folder")
def test_names_in_a_list_are_bytes_of_the_file_system() -> None:
    Path("list.txt").write_bytes(b" talks/with blanks .wav\ntalks/\xff.wav\n*.wav\n")
    assert names("@list.txt") == [" talks/with blanks .wav", os.fsdecode(b"talks/\xff.wav"), "*.wav"]


def test_a_file_whose_name_starts_like_a_list_is_a_file(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clip.parent)
    shutil.copy(clip, "@home.wav")
    assert names("@home.wav") == ["@home.wav"]


@pytest.mark.parametrize(
    ("arguments", "files_from", "reason"),
    [
        ((), None, "Nothing to read"),
        (("@absent.txt",), None, "list of files cannot be read"),
        (("@" + "x" * 300,), None, "list of files cannot be read"),
        ((), "absent.txt", "list of files cannot be read"),
        (("-",), "-", "cannot both come from standard input"),
        (("@/dev/null",), None, "names no file"),
    ],
)
def test_a_list_that_is_none_is_refused(
    arguments: tuple[str, ...], files_from: str | None, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        find_recordings(arguments, files_from)


@pytest.mark.usefixtures("folder")
def test_every_recording_gets_a_line_with_its_name(command: Command, tiny_bundle: Path) -> None:
    outcome = command("run", "talks", "-m", tiny_bundle)
    assert (outcome.code, outcome.err) == (ExitCode.OK, "")
    assert outcome.out == "".join(f"{name}\t{SPEECH_TEXT}\n" for name in FILES)
    assert command("run", "talks/inside", "-m", tiny_bundle).out == f"talks/inside/c.wav\t{SPEECH_TEXT}\n"
    listed = command("run", "--files-from", "-", "-m", tiny_bundle, stdin=b"talks/a.wav\n")
    assert listed.out == f"talks/a.wav\t{SPEECH_TEXT}\n"


def nothing(name: str) -> Callable[[], str]:
    return lambda: name


def list_with_nul() -> str:
    Path("nul.txt").write_bytes(b"one\0two.wav\n")
    return "@nul.txt"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        (nothing("none*.wav"), "no file matches this pattern"),
        (nothing("x" * 300 + ".wav"), "File name too long"),
        (nothing("x" * 300 + "*.wav"), "no file matches this pattern"),
        (nothing("https://example.com/a.wav"), "https://example.com/a.wav: is a URL"),
        (list_with_nul, "a path has no NUL"),
    ],
)
def test_what_names_nothing_is_one_recording_that_fails(
    command: Command, clip: Path, tiny_bundle: Path, argument: Callable[[], str], reason: str
) -> None:
    outcome = command("run", argument(), clip, "-m", tiny_bundle)
    assert f"{clip}\t{SPEECH_TEXT}\n" in outcome.out
    assert outcome.code == ExitCode.SOME_INPUTS_FAILED
    assert reason in outcome.err


@pytest.mark.parametrize("arguments", [("-lead.wav",), ("-lead.wav", "other.wav"), ("-q.wav", "--quiet")])
def test_a_file_that_looks_like_flags_is_told_with_the_way_out(
    command: Command,
    clip: Path,
    tiny_bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
) -> None:
    monkeypatch.chdir(clip.parent)
    shutil.copy(clip, arguments[0])
    outcome = command("run", *arguments, "-m", tiny_bundle)
    assert outcome.code == ExitCode.USAGE
    assert f"Write ./{arguments[0]}" in outcome.error
    for right in (f"./{arguments[0]}", "--"):
        rest = [arguments[0]] if right == "--" else []
        assert command("run", "-m", tiny_bundle, right, *rest).out == f"{SPEECH_TEXT}\n"
