"""`edge-asr eval-match`, on a bundle whose times are planted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_bench.scoring.bars import parse_figures
from edge_bench.scoring.match import JudgedPair, MatchScores
from edge_runtime.errors import ExitCode
from tests.support.command import Command
from tests.support.tiny_aligner import planted_ms
from tests.support.tiny_bundle import tone

RATE = 16_000
SAID = "one two three four five six"


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """A steady tone with a text that fits, one that nobody says in the time, and one whose times are off."""
    soundfile.write(tmp_path / "tone.wav", np.pad(tone(4 * RATE), (round(0.6 * RATE), 0)), RATE)
    starts = [planted_ms(2 * index) / 1000 for index in range(6)]
    rows = [
        ("right", SAID, True, starts),
        ("threefold", "incomprehensibilities " * 12, False, []),
        ("music", SAID, True, [start + 3 for start in starts]),
    ]
    lines = [
        {"id": kind, "audio": "tone.wav", "text": text, "language": "English", "kind": kind, "match": match,
         "units": [{"text": "x", "start": start, "end": start + 0.1} for start in times]}
        for kind, text, match, times in rows
    ]  # fmt: skip
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_wrong_pairs_that_are_noticed_are_counted(
    command: Command, pairs: Path, tiny_aligner_bundle: Path
) -> None:
    outcome = command("eval-match", pairs, "-m", tiny_aligner_bundle)
    assert outcome.code == ExitCode.OK
    assert outcome.err.splitlines() == [
        "right: 0 of 0 wrong noticed, 0 of 1 right",
        "threefold: 1 of 1 wrong noticed, 0 of 0 right",
        "music: 0 of 1 wrong noticed, 0 of 0 right",
        "all: 1 of 2 wrong noticed, 0 of 1 right, 0 between",
    ]
    # What `make scores-subtitles` puts behind its own figures.
    assert parse_figures(outcome.out) == {"mismatch_found": 50.0, "false_alarms": 0.0}


def test_a_bar_that_is_missed_is_a_failed_check(
    command: Command, pairs: Path, tiny_aligner_bundle: Path
) -> None:
    bar = ("--bar", "mismatch_found=95", "--bar", "false_alarms=1")
    outcome = command("eval-match", pairs, "-m", tiny_aligner_bundle, *bar)
    assert outcome.code == ExitCode.CHECK_FAILED
    assert "mismatch_found is 50.00, asked 95" in outcome.err
    assert "false_alarms" not in outcome.err


def test_an_alarm_at_a_right_pair_is_a_false_one() -> None:
    pairs = [JudgedPair("clip", "right", noticed=one) for one in (True, False, False, False)]
    pairs += [JudgedPair("noise", "between", noticed=True)]
    assert MatchScores(pairs).metrics() == {"mismatch_found": 0.0, "false_alarms": 25.0}
