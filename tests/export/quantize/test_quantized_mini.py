"""What quantisation costs on recorded speech, with the trained mini checkpoints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_bench.corpus import Clip, read_list
from edge_bench.scoring.asr import Scored, score
from edge_export.graph_spec import Lowering
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import build
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.decoding.generate import Generation, collect
from edge_runtime.model.decoder import ScoredToken
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.options import TranscribeOptions
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a bundle makes of the bundled clips.

    Attributes:
        scored: clips with their transcripts.
        margins: smallest lead of a token of each clip, in logits, where the graph gives it.
    """

    scored: tuple[Scored, ...]
    margins: tuple[float, ...]

    def figures(self) -> dict[str, float]:
        return dict(score(self.scored, {"English": "en", "Chinese": "zh"}).metrics())

    def texts(self) -> dict[str, str]:
        return {each.clip.id: each.transcript.text for each in self.scored}

    def close_clips(self, margin: float) -> set[str]:
        """Return the clips with a token that leads by less."""
        pairs = zip(self.scored, self.margins, strict=True)
        return {scored.clip.id for scored, lead in pairs if lead < margin}


DECODED = TranscribeOptions(long=LongOptions(use_vad=False))
"""Silence too: a detector would keep it from the decoder."""


def _transcribe(bundle: Path) -> Outcome:
    recognizer = Recognizer.load(bundle, threads=1)
    margins: list[float] = []

    def collect_with_margins(tokens: Iterator[ScoredToken], *arguments: Any) -> Generation:
        leads = [inf]

        def watched() -> Iterator[ScoredToken]:
            for token in tokens:
                leads.append(token.margin)
                yield token

        generation = collect(watched(), *arguments)
        margins.append(min(leads))
        return generation

    clips = read_list(CLIPS / "manifest.jsonl", Clip)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("edge_runtime.decoding.generate.collect", collect_with_margins)
        scored = [Scored(clip, recognizer.transcribe(CLIPS / clip.audio, options=DECODED)) for clip in clips]
    return Outcome(tuple(scored), tuple(margins))


@pytest.fixture(scope="module")
def whole(mini_bundle: Path) -> Outcome:
    """The clips in float32."""
    return _transcribe(mini_bundle)


CLOSE = 0.1
"""Logits between two tokens that eight bits may swap: they move a logit of the mini by 0.03 in the mean."""


@pytest.mark.parametrize("lowering", ["modern", "ort", "legacy"])
def test_eight_bits_change_no_text_that_float32_does_not_nearly_tie(
    whole: Outcome, tmp_path: Path, lowering: Lowering
) -> None:
    rounded = _transcribe(_built("mini", "int8", tmp_path, lowering))
    close, texts = whole.close_clips(CLOSE), whole.texts()
    assert len(close) <= 2
    assert {clip for clip, text in rounded.texts().items() if text != texts[clip]} <= close


# The limits hold for the held-out set; the bundled clips have some 200 words and as many characters, so that
# one more error is already half a point. Four bits may make two in each language here.
# docs/adr/0007-cpu-speed.md has the held-out figures.
@pytest.mark.parametrize(
    ("precision", "lowering", "points"),
    [("int8-w8a8", "modern", 0.3), ("int4", "modern", 1.1), ("int4", "legacy", 1.1)],
)
def test_transcripts_lose_no_more_than_the_precision_may_cost(
    whole: Outcome, tmp_path: Path, precision: str, lowering: Lowering, points: float
) -> None:
    expected = whole.figures()
    rounded = _transcribe(_built("mini", precision, tmp_path, lowering)).figures()
    assert rounded["wer_en"] <= expected["wer_en"] + points
    assert rounded["cer_zh"] <= expected["cer_zh"] + points


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
