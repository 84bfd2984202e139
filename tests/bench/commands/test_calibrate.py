"""`edge-asr calibrate`, on bundles whose answers are planted."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
import soundfile

from edge_bench.commands import calibrate
from edge_bench.gate.measured import Measured
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.manifest import MANIFEST_NAME
from edge_runtime.bundle.specs import CommitSpec
from edge_runtime.bundle.trust import SIGNATURE_NAME
from edge_runtime.errors import ExitCode
from tests.support.command import Command
from tests.support.manifests import LOGPROB
from tests.support.tiny_aligner import LOGPROB as ALIGNER_LOGPROB
from tests.support.tiny_aligner import write_tiny_aligner
from tests.support.tiny_bundle import SPEECH_TEXT, tone

RATE = 16_000
pytest.importorskip("kaldialign")


@pytest.fixture(autouse=True)
def recording(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.wav", tone(2 * RATE), RATE)


def listed(folder: Path, texts: list[str]) -> Path:
    rows = [
        {"id": f"x{number}", "audio": "x.wav", "text": text, "language": "English"}
        for number, text in enumerate(texts)
    ]
    path = folder / "list.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_the_figures_of_a_recognizer_go_into_its_manifest_and_info_shows_them(
    command: Command, tiny_bundle: Path, tmp_path: Path
) -> None:
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    (bundle / SIGNATURE_NAME).write_bytes(b"of the old manifest")
    default = "decoded again below -0.05, low below -0.1 (mean log-probability, default)"
    assert default in command("info", bundle).out
    corpus = listed(tmp_path, [SPEECH_TEXT] * 100 + ["something else altogether"] * 10)
    outcome = command("calibrate", bundle, corpus)
    # One answer, so that one log-probability is where doubt begins.
    assert outcome.out == f"doubtful_logprob={LOGPROB:.4f} low_logprob={LOGPROB:.4f}\n"
    assert "Sign it anew" in outcome.err
    confidence = open_bundle(bundle).manifest.confidence
    assert confidence is not None
    assert confidence.low_logprob == round(LOGPROB, 4)
    assert f"low below {LOGPROB:.4f} (mean log-probability, measured)" in command("info", bundle).out


def test_a_list_that_cannot_tell_is_refused_and_the_bundle_stays(
    command: Command, tiny_bundle: Path, tmp_path: Path
) -> None:
    before = (tiny_bundle / MANIFEST_NAME).read_bytes()
    outcome = command("calibrate", tiny_bundle, listed(tmp_path, [SPEECH_TEXT] * 3))
    assert outcome.code == ExitCode.USAGE
    assert "0 wrong and 3 right texts cannot tell" in outcome.error
    assert (tiny_bundle / MANIFEST_NAME).read_bytes() == before


def test_the_confidence_of_right_texts_goes_into_the_manifest_of_an_aligner(
    command: Command, tmp_path: Path
) -> None:
    bundle = write_tiny_aligner(tmp_path / "bundle")
    outcome = command("calibrate", bundle, listed(tmp_path, ["one two three four five six"]))
    match = open_bundle(bundle).manifest.require_aligner().match
    assert match is not None
    assert match.confidence == pytest.approx(math.exp(ALIGNER_LOGPROB), abs=1e-3)
    assert outcome.out == f"confidence={match.confidence:g} min_score={match.min_score:g}\n"
    assert f"words have {match.confidence:.2f} (measured)" in command("info", bundle).out


def test_the_figures_of_live_text_go_into_the_manifest_and_info_shows_them(
    command: Command, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = CommitSpec(agreement=2, hold_back=5, min_logprob=-0.02, long_agreement=6, shown_min_logprob=-0.2)
    monkeypatch.setattr(calibrate, "measure_commit", lambda *_: Measured(commit=spec))
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    outcome = command("calibrate", bundle, tmp_path / "list.jsonl", "--stream")
    assert outcome.out.startswith("agreement=2 hold_back=5 min_logprob=-0.02 ")
    assert open_bundle(bundle).manifest.commit == spec
    assert "stable above -0.02 with 5 tokens behind, shown above -0.2" in command("info", bundle).out


def test_live_text_is_not_measured_on_a_handful_of_clips(
    command: Command, tiny_bundle: Path, tmp_path: Path
) -> None:
    outcome = command("calibrate", tiny_bundle, listed(tmp_path, [SPEECH_TEXT] * 3), "--stream")
    assert "3 clips with speech; 100 can tell" in outcome.error
