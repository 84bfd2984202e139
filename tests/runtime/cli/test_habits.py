"""Flags as users of other programs write them, and what a shell completes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge_runtime.cli import completion
from edge_runtime.errors import ExitCode
from edge_runtime.recognition import recognizer
from edge_runtime.recognition.options import TranscribeOptions
from tests.support.command import Command
from tests.support.process import run
from tests.support.tiny_bundle import SPEECH_TEXT


@pytest.fixture
def contexts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The contexts that recordings were transcribed with."""
    seen: list[str] = []
    actual = recognizer.Recognizer.transcribe_each

    def transcribe_each(
        self: recognizer.Recognizer, audios: Any, *, options: TranscribeOptions, **named: Any
    ) -> Any:
        seen.append(options.context)
        return actual(self, audios, options=options, **named)

    monkeypatch.setattr(recognizer.Recognizer, "transcribe_each", transcribe_each)
    return seen


@pytest.mark.parametrize(
    "flag", ["--context", "--prompt", "--initial-prompt", "--initial_prompt", "--hotwords"]
)
def test_the_context_has_the_names_of_other_programs(
    command: Command, clip: Path, tiny_bundle: Path, contexts: list[str], flag: str
) -> None:
    assert command("run", clip, "-m", tiny_bundle, flag, "Zuse  Konrad").code == ExitCode.OK
    assert contexts == ["Zuse  Konrad"]


def test_the_context_may_be_in_files(
    command: Command, clip: Path, tiny_bundle: Path, contexts: list[str], tmp_path: Path
) -> None:
    (tmp_path / "names.txt").write_bytes(b"\xef\xbb\xbfKonrad Zuse\nGrace Hopper\n")
    flags = ("--hotwords", f"@{tmp_path / 'names.txt'}", "--prompt", "@@home")
    assert command("run", clip, "-m", tiny_bundle, *flags).code == ExitCode.OK
    assert contexts == ["Konrad Zuse\nGrace Hopper\n@home"]


def test_the_context_of_the_environment_is_one_text(
    command: Command, clip: Path, tiny_bundle: Path, contexts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_ASR_CONTEXT", "two words")
    command("run", clip, "-m", tiny_bundle)
    command("run", clip, "-m", tiny_bundle, "--context", "flag")
    assert contexts == ["two words", "flag"]


@pytest.mark.parametrize("context", ["@absent.txt", "@latin.txt", "\udcff"])
def test_a_context_that_cannot_be_read_is_refused(
    command: Command, clip: Path, monkeypatch: pytest.MonkeyPatch, context: str
) -> None:
    monkeypatch.chdir(clip.parent)
    Path("latin.txt").write_bytes(b"M\xfcnchen")
    outcome = command("run", clip, "-m", "/no/bundle", "--context", context)
    assert outcome.code == ExitCode.USAGE
    assert "cannot be read" in outcome.error or "not UTF-8" in outcome.error


def test_a_draft_text_changes_nothing(
    command: Command, clip: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "domain.txt").write_bytes(b"\xef\xbb\xbfHello tiny world.\r\nGood night.\r\n")
    plain = command("run", clip, "-m", tiny_bundle)
    with_text = command("run", clip, "-m", tiny_bundle, "--draft-text", tmp_path / "domain.txt")
    assert (with_text.code, with_text.out) == (ExitCode.OK, plain.out)


@pytest.mark.parametrize(
    ("file", "reason"),
    [("absent.txt", "cannot be read: No such file"), ("latin.txt", "not UTF-8"), (".", "Is a directory")],
)
def test_a_draft_text_that_cannot_be_read_is_refused(
    command: Command, clip: Path, monkeypatch: pytest.MonkeyPatch, file: str, reason: str
) -> None:
    monkeypatch.chdir(clip.parent)
    Path("latin.txt").write_bytes(b"M\xfcnchen")
    outcome = command("run", clip, "-m", "/no/bundle", "--draft-text", file)
    assert outcome.code == ExitCode.USAGE
    assert reason in outcome.error
    assert "--draft-text" in outcome.error


def test_an_empty_language_is_none(command: Command, clip: Path, tiny_bundle: Path) -> None:
    outcome = command("run", clip, "-m", tiny_bundle, "--language", "", "--json")
    assert (outcome.code, json.loads(outcome.out)["language_forced"]) == (ExitCode.OK, False)


@pytest.mark.parametrize(
    ("device", "code"), [("CPU", 0), ("Auto", 0), ("gpu", 6), ("GPU:1", 6), ("gpu:x", 2)]
)
def test_devices_have_the_names_of_other_programs(
    command: Command, clip: Path, tiny_bundle: Path, device: str, code: int
) -> None:
    assert command("run", clip, "-m", tiny_bundle, "--device", device).code == code


def test_verbose_says_what_runs_and_how_long_it_takes(
    command: Command, clip: Path, tiny_bundle: Path
) -> None:
    outcome = command("run", clip, "-m", tiny_bundle, "-v")
    first, second = outcome.err.splitlines()
    assert first == f"edge-asr: bundle {tiny_bundle} (tiny, ort-cpu, fp32)"
    assert second.startswith(f"edge-asr: {clip}: 2.0 s of audio in ")
    assert second.endswith("), English")
    assert outcome.out == f"{SPEECH_TEXT}\n"


def test_completion_offers_what_fits(
    tmp_path: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert completion.bundles("") == ["mini"]
    (tmp_path / "engines" / "broken").mkdir(parents=True)
    (tmp_path / "engines" / "broken" / "manifest.json").write_text("no JSON")
    (tmp_path / "engines" / "own").symlink_to(tiny_bundle)
    assert completion.bundles("") == ["engines/broken", "engines/own", "mini"]
    assert completion.formats("TEXT") == ["textgrid"]
    assert completion.devices("") == ["auto", "cpu", "cuda"]
    assert {"English", "en", "Chinese"} <= set(completion.languages(""))
    assert completion.languages("au")[0] == "auto"


def completed(line: str, cwd: Path) -> list[str]:
    """Return what bash is offered for the last word of a line."""
    words = line.split(" ")
    variables = {"_EDGE_ASR_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = run(cwd=cwd, preload="", **variables)
    return done.stdout.decode().split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("edge-asr run -m ", {"engines/own", "mini"}),
        ("edge-asr info eng", {"engines/own"}),
        ("edge-asr run -f v", {"vtt", "verbose_json"}),
        ("edge-asr run --device cu", {"cuda"}),
        ("edge-asr run -l Engl", {"English"}),
        ("edge-asr ver", {"verify", "version"}),
    ],
)
def test_a_shell_completes_what_is_here(
    tmp_path: Path, tiny_bundle: Path, line: str, expected: set[str]
) -> None:
    (tmp_path / "engines").mkdir()
    (tmp_path / "engines" / "own").symlink_to(tiny_bundle)
    assert set(completed(line, tmp_path)) == expected
