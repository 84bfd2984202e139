"""`edge-asr judge-subtitles` and `edge-asr eval-subtitles`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge_bench.corpus import AlignedClip, read_list
from tests.support.command import Command

CLIPS = Path(__file__).parents[2] / "aligned_clips" / "manifest.jsonl"
LATE = "1\n00:00:00,000 --> 00:00:00,500\nYes.\n\n"


def test_files_are_judged_and_held_to_bars(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "late.srt"
    path.write_text(LATE, "utf-8")
    shown = command("judge-subtitles", str(path))
    assert shown.code == 0
    assert shown.out.splitlines()[1].split()[:3] == [str(path), "1", "1"]
    assert json.loads(command("judge-subtitles", str(path), "--json").out)["short_with_room"] == 1
    assert command("judge-subtitles", str(path), "--bar", "short_with_room=0").code == 8


def test_joined_clips_are_laid_out_and_other_figures_join_the_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "verdict.txt").write_text("mismatch_found=97.5 false_alarms=0.4", "utf-8")
    result = command("eval-subtitles", str(CLIPS), "--figures", str(tmp_path / "verdict.txt"))
    last = result.out.splitlines()[-1]
    assert last.startswith("scores: begins_inside=")
    assert last.endswith("short_with_room=0 mismatch_found=97.5 false_alarms=0.4")
    languages = {clip.language for clip in read_list(CLIPS, AlignedClip)}
    assert {f"{one} {name}" for one in languages for name in ("srt", "vtt", "ass")} <= {
        " ".join(line.split()[:2]) for line in result.out.splitlines()
    }


@pytest.mark.parametrize("text", ["nothing", ""])
def test_what_is_no_subtitle_file_is_refused(command: Command, tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.srt"
    path.write_text(text, "utf-8")
    result = command("judge-subtitles", str(path))
    assert result.code == 2
    assert "a.srt" in result.err
