"""What right texts are like goes into the manifest of an aligner, on a bundle with planted confidence."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import soundfile

from edge_export.match import calibrate, match_spec
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.alignment.verdict.match import DEFAULT_MATCH
from edge_runtime.errors import UsageError
from edge_runtime.results.words import Word
from tests.support.tiny_aligner import LOGPROB, write_tiny_aligner
from tests.support.tiny_bundle import tone

RATE = 16_000


def test_the_manifest_states_the_confidence_of_right_texts(tmp_path: Path) -> None:
    folder = write_tiny_aligner(tmp_path / "bundle")
    soundfile.write(tmp_path / "x.wav", tone(4 * RATE), RATE)
    row = {"id": "x", "audio": "x.wav", "text": "one two three four five six", "language": "en", "units": []}
    (tmp_path / "list.jsonl").write_text(json.dumps(row) + "\n")
    spec = calibrate(folder, tmp_path / "list.jsonl")
    assert spec.confidence == pytest.approx(math.exp(LOGPROB), abs=1e-3)
    with Aligner.load(folder) as aligner:
        assert aligner.bundle.manifest.require_aligner().match == spec


def test_an_unsure_model_has_a_lower_bar_only_where_right_texts_need_it() -> None:
    sure = [[Word("x", 0.0, 1.0, 0.3)] * 10 for _ in range(200)]
    assert match_spec(sure).confidence == 0.3
    assert match_spec(sure).min_score == DEFAULT_MATCH.min_score
    shaky = [*sure[:190], *([Word("x", 0.0, 1.0, 0.05, ("repaired",))] * 10 for _ in range(10))]
    assert match_spec(shaky).min_score == 0.01


def test_a_list_without_recordings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text("\n")
    with pytest.raises(UsageError, match="no recordings"):
        calibrate(tmp_path, tmp_path / "list.jsonl")
