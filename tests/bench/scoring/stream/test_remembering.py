"""What was decoded once is not decoded again, whatever the commit figures are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge_bench.scoring.stream.client import StreamClient
from edge_bench.scoring.stream.remembering import RememberingRecognizer
from edge_runtime.streaming.commit.options import CommitOptions
from edge_runtime.streaming.options import StreamOptions
from tests.support.tiny_bundle import SPEECH_TEXT, tone

RATE = 16_000


def test_other_commit_figures_meet_the_same_hypotheses(tiny_bundle: Path) -> None:
    recognizer = RememberingRecognizer.load(tiny_bundle, threads=1)
    assert isinstance(recognizer, RememberingRecognizer)
    samples = np.concatenate([tone(2 * RATE), np.zeros(RATE, np.float32)])

    def run(options: StreamOptions) -> tuple[list[str], list[str]]:
        segments = StreamClient(recognizer, options, seed=1).segments(samples)
        return [one.final.text for one in segments], [one.stable for one in segments]

    finals, stable = run(StreamOptions())
    assert finals == [SPEECH_TEXT]
    decoded = recognizer.work.decoder_calls
    assert decoded > 0
    eager = StreamOptions(commit=CommitOptions(hold_back=0, min_logprob=-9.0))
    again, more_stable = run(eager)
    assert again == finals
    assert len(more_stable[0]) > len(stable[0])
    assert recognizer.work.decoder_calls == decoded
