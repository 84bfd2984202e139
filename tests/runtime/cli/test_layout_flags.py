"""Flags of the layout of subtitles act, or the command says why they cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import Command
from tests.support.tiny_bundle import SPEECH_TEXT


@pytest.mark.parametrize("flag", [("--max-line-width", "20"), ("--max-cps", "12")])
def test_limits_of_lines_fetch_the_aligner(
    command: Command,
    clip: Path,
    tiny_bundle: Path,
    tiny_aligner_bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    flag: tuple[str, str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "engines").mkdir()
    (tmp_path / "engines" / "aligner").symlink_to(tiny_aligner_bundle)
    outcome = command("run", clip, "-m", tiny_bundle, "-l", "en", "-f", "vtt", *flag)
    assert outcome.code == 0
    assert "NOTE" not in outcome.out
    assert "estimated" not in outcome.err


def test_without_an_aligner_the_command_says_that_times_are_estimated(
    command: Command, clip: Path, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = command("run", clip, "-m", tiny_bundle, "-f", "vtt", "--max-line-width", "20")
    assert outcome.out.startswith("WEBVTT\n\nNOTE Times within segments are estimated")
    assert SPEECH_TEXT in outcome.out
    assert "limits of subtitles act on estimated times" in outcome.err
    assert "build-engines aligner" in outcome.err
    plain = command("run", clip, "-m", tiny_bundle, "-f", "txt", "--max-line-width", "20")
    assert plain.out == f"{SPEECH_TEXT}\n"
    hint = "flags of subtitles do nothing in txt: only srt, vtt, lrc, ass, ttml have cues."
    assert plain.err == f"edge-asr: warning: {hint}\n"


def test_times_are_later_by_the_offset_or_the_command_says_why_not(
    command: Command, clip: Path, tiny_bundle: Path
) -> None:
    rest = ["run", clip, "-m", tiny_bundle, "--offset", "60"]
    assert command(*rest, "--bom", "-f", "srt").out.startswith("\ufeff1\n00:01:00,")
    assert command(*rest, "--bom", "-f", "verbose_json").out.startswith("{")
    refused = command(*rest, "--json")
    assert (refused.code, "--output-format json" in refused.err) == (2, True)
