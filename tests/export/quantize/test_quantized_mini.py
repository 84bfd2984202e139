"""What quantisation costs on recorded speech, with the trained mini checkpoints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge_bench.corpus import Clip, read_list
from edge_bench.scoring.asr import Scored, score
from edge_export.graph_spec import Lowering
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import build
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.recognition.recognizer import Recognizer
from tests.export.conftest import ROOT, Lines

pytestmark = pytest.mark.slow
CLIPS = ROOT / "tests" / "clips"
ALIGNED = ROOT / "tests" / "aligned_clips"


def _built(model: str, precision: str, folder: Path, lowering: Lowering | None = None) -> Path:
    recordings = ALIGNED if precision == "int8-w8a8" else None
    options = BuildOptions(
        model=model,
        output=folder / precision,
        precision=precision,
        calibrate_on=recordings,
        lowering=lowering,
    )
    return build(options, Lines()).bundle


def _figures(bundle: Path) -> dict[str, float]:
    recognizer = Recognizer.load(bundle, threads=1)
    clips = read_list(CLIPS / "manifest.jsonl", Clip)
    scored = [Scored(clip, recognizer.transcribe(CLIPS / clip.audio)) for clip in clips]
    return dict(score(scored, {"English": "en", "Chinese": "zh"}).metrics())


# The bars hold for the held-out set; the bundled clips have some 200 words and as many characters, so that
# one more error is already half a point. Four bits may make two in each language here. Graphs of lowering
# `ort`, which round activations too, and of `legacy`, in half precision, may make one;
# docs/adr/0007-cpu-speed.md has the held-out figures.
@pytest.mark.parametrize(
    ("precision", "lowering", "points"),
    [
        ("int8", "modern", 0.1),
        ("int8", "ort", 0.6),
        ("int8-w8a8", "modern", 0.3),
        ("int4", "modern", 1.1),
        ("int8", "legacy", 0.6),
        ("int4", "legacy", 1.1),
    ],
)
def test_transcripts_lose_no_more_than_the_precision_may_cost(
    mini_bundle: Path, tmp_path: Path, precision: str, lowering: Lowering, points: float
) -> None:
    whole, rounded = _figures(mini_bundle), _figures(_built("mini", precision, tmp_path, lowering))
    assert rounded["wer_en"] <= whole["wer_en"] + points
    assert rounded["cer_zh"] <= whole["cer_zh"] + points


def _classes(bundle: Path) -> Iterator[int]:
    aligner = Aligner.load(bundle, threads=1)
    for line in (ALIGNED / "manifest.jsonl").read_text("utf-8").splitlines():
        clip = json.loads(line)
        yield from map(
            int, aligner.classify(ALIGNED / clip["audio"], clip["text"], clip["language"]).class_ids
        )


def test_eight_bits_move_hardly_a_time_by_more_than_a_class(
    mini_aligner_bundle: Path, tmp_path: Path
) -> None:
    whole = np.array(list(_classes(mini_aligner_bundle)))
    rounded = np.array(list(_classes(_built("mini-aligner", "int8", tmp_path))))
    assert (np.abs(whole - rounded) <= 1).mean() >= 0.99
