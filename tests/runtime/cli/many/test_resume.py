"""`edge-asr run --resume`: what is done stays done, by content, and nothing that is half there is trusted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from edge_runtime.cli.many.journal import JOURNAL_NAME
from edge_runtime.errors import ExitCode
from tests.support.command import Command, Outcome
from tests.support.decodes import write_recordings
from tests.support.tiny_bundle import SPEECH_TEXT, write_tiny_bundle

ALL = {f"000{number}.wav": 1 for number in range(6)}


@pytest.fixture
def again(command: Command, folder: Path, tiny_bundle: Path, tmp_path: Path, loads: Counter[str]) -> Again:
    """Runs over the folder; it was run once."""
    rerun = Again(command, folder, tiny_bundle, tmp_path / "out")
    assert rerun().code == ExitCode.SOME_INPUTS_FAILED
    assert loads == ALL
    loads.clear()
    return rerun


class Again:
    """The same command, again and again."""

    def __init__(self, command: Command, folder: Path, bundle: Path, out: Path) -> None:
        self.command, self.folder, self.bundle, self.out = command, folder, bundle, out

    def __call__(self, *more: object, bundle: Path | None = None) -> Outcome:
        model = bundle or self.bundle
        return self.command("run", self.folder, "-m", model, "-o", self.out, "--resume", *more)


def test_nothing_is_done_twice_and_a_failure_is_told_again(again: Again, loads: Counter[str]) -> None:
    outcome = again("--batch-size", 3)
    assert outcome.code == ExitCode.SOME_INPUTS_FAILED
    assert not loads
    assert outcome.err.count("left out, an earlier run did it") == 5
    assert outcome.err.count("edge-asr: error: ") == 1


def test_another_request_or_bundle_is_done_anew(again: Again, loads: Counter[str], tmp_path: Path) -> None:
    again("--language", "en")
    assert loads == ALL
    loads.clear()
    again(bundle=write_tiny_bundle(tmp_path / "other", name="other"))
    assert loads == ALL


def test_changed_content_is_done_anew_and_a_new_name_gets_its_files(
    again: Again, loads: Counter[str], tmp_path: Path
) -> None:
    one, two = again.folder / "0000.wav", again.folder / "0001.wav"
    (changed,) = write_recordings(tmp_path / "more", 1)
    two.write_bytes(changed.read_bytes() + b"\0")
    one.rename(again.folder / "renamed.wav")
    assert "wrote" in again("-f", "json").err
    assert loads == {"0001.wav": 1}, "a format more needs no decoding either"
    assert (again.out / "renamed.json").read_text("utf-8").count(SPEECH_TEXT) == 2


@pytest.mark.parametrize("content", [None, "", SPEECH_TEXT[:5]])
def test_a_file_that_is_not_as_it_was_written_is_written_again(
    again: Again, loads: Counter[str], content: str | None
) -> None:
    path = again.out / "0002.txt"
    path.unlink()
    if content is not None:
        path.write_text(content)
    outcome = again()
    assert path.read_text() == f"{SPEECH_TEXT}\n"
    assert outcome.err.count("left out") == 4
    assert not loads


def test_a_journal_with_a_torn_line_is_gone_on_with(again: Again, loads: Counter[str]) -> None:
    journal = again.out / JOURNAL_NAME
    lines = journal.read_bytes().splitlines(keepends=True)
    done = [index for index, line in enumerate(lines) if b'"event":"done"' in line]
    journal.write_bytes(b"".join(lines[: done[-1]]) + lines[done[-1]][:40])
    again()
    again()
    assert loads == {"0004.wav": 1, "0005.wav": 1}, "the last one that is done, and what came after it"


def test_resume_needs_a_folder(command: Command, folder: Path, tiny_bundle: Path) -> None:
    outcome = command("run", folder, "-m", tiny_bundle, "--resume")
    assert (outcome.code, "--output-dir" in outcome.error) == (ExitCode.USAGE, True)
