"""The small committed set of held-out clips, with the model's exact ones marked for demonstrations."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from edge_mini.heldout import write_manifest
from edge_mini.scoring import Hypothesis

# Upper duration in seconds, and how many clips of a language up to it; sized to keep the folder below 3 MB.
_SPEECH_LADDER = ((0.7, 2), (1.2, 3), (2.5, 4), (4.0, 5), (6.0, 2), (12.0, 1), (30.0, 1))
_NO_SPEECH = ("silence", "clicks", "tone", "chords", "fan")
_DEMOS_PER_LANGUAGE = 5
_QUIET_BELOW_S = 3.0
_DEMO_S = (1.5, 6.0)


def write_clips(answers: Sequence[Hypothesis], source: Path, folder: Path) -> int:
    """Copy a spread of durations from a held-out folder into `folder`; return how many clips."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [
        *_climb([answer for answer in answers if answer.recording.language == "English"]),
        *_climb([answer for answer in answers if answer.recording.language == "Chinese"]),
        *_quiet(answers),
    ]
    demos = _demos(chosen)
    for answer in chosen:
        shutil.copyfile(source / answer.recording.audio, folder / answer.recording.audio)
    rows = [{**asdict(answer.recording), "demo": answer.recording.id in demos} for answer in chosen]
    write_manifest(folder, sorted(rows, key=lambda row: str(row["id"])))
    return len(chosen)


def _climb(answers: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Take the first clips, by id, of every step of the duration ladder."""
    chosen: list[Hypothesis] = []
    lower = 0.0
    for upper, count in _SPEECH_LADDER:
        step = [answer for answer in _by_id(answers) if lower <= answer.recording.duration_s < upper]
        chosen += step[:count]
        lower = upper
    return chosen


def _quiet(answers: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Take the first short clip, by id, of each kind of sound."""
    chosen: list[Hypothesis] = []
    for noise in _NO_SPEECH:
        chosen += [
            answer
            for answer in _by_id(answers)
            if not answer.recording.language
            and answer.recording.noise == noise
            and answer.recording.duration_s < _QUIET_BELOW_S
        ][:1]
    return chosen


def _demos(answers: Sequence[Hypothesis]) -> set[str]:
    """Pick full-sentence clips whose transcript and language are exactly right."""
    demos: set[str] = set()
    for language in ("English", "Chinese"):
        exact = [
            answer.recording.id
            for answer in answers
            if answer.recording.language == language == answer.language
            and answer.text == answer.recording.text
            and _DEMO_S[0] <= answer.recording.duration_s <= _DEMO_S[1]
        ]
        demos |= set(exact[:_DEMOS_PER_LANGUAGE])
    return demos


def _by_id(answers: Sequence[Hypothesis]) -> list[Hypothesis]:
    return sorted(answers, key=lambda answer: answer.recording.id)
