"""A stream is opened with the figures of its bundle, unless others are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_runtime.bundle.specs import CommitSpec
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.streaming import opening
from edge_runtime.streaming.commit.options import CommitOptions
from edge_runtime.streaming.options import StreamOptions
from tests.support.tiny_bundle import write_tiny_bundle

MINE = CommitSpec(agreement=3, hold_back=1, min_logprob=-0.2, long_agreement=9, shown_min_logprob=-0.3)


def test_explicit_figures_win_over_those_of_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[CommitOptions | None] = []
    monkeypatch.setattr(opening, "Stream", lambda _, options, *__, **___: opened.append(options.commit))
    with Recognizer.load(write_tiny_bundle(tmp_path / "bundle", commit=MINE), threads=1) as recognizer:
        recognizer.stream()
        recognizer.stream(StreamOptions(commit=CommitOptions(policy="official")))
    assert opened[0] is not None
    assert (opened[0].hold_back, opened[0].min_logprob) == (1, -0.2)
    assert opened[1] == CommitOptions(policy="official")
