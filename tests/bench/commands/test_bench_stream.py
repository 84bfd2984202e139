"""`edge-asr bench-stream`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_bench.speed.stream.recording import joined
from edge_bench.speed.stream.report import DEFINITIONS
from edge_runtime.bundle.shipped import SHIPPED
from tests.support.command import Command
from tests.support.tiny_bundle import tone

CLIP = Path(__file__).parents[2] / "clips" / "en-00001.flac"


def test_a_stream_at_the_speed_of_speech_has_all_figures(command: Command, tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    outcome = command(
        "bench-stream", CLIP, "--pauses", 0.6, 0.6, "-m", SHIPPED["mini"], "--texts-of", SHIPPED["mini"],
        "--threads", 1, "--packet-ms", 20, "--save", saved,
    )  # fmt: skip
    report = json.loads(saved.read_text())
    assert report["audio_s"] == pytest.approx(soundfile.info(CLIP).duration + 1.6, abs=0.001)
    figures = report["figures"]
    assert figures.keys() == set(DEFINITIONS)
    # The silence that ends a segment is half a second, of which the client waits for all.
    assert figures["final_s"]["p50"] > 0.5 > figures["final_work_s"]["p50"] > 0
    assert figures["step_s"]["count"] == report["stats"]["steps"] > 0
    assert "speech end to final s" in outcome.out
    assert [line.partition(":")[0] for line in outcome.out.splitlines()[-len(DEFINITIONS) :]] == list(
        DEFINITIONS
    )


def test_recordings_follow_each_other_until_the_length_is_reached(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "tone.wav", tone(16_000), 16_000)
    once = joined([tmp_path / "tone.wav"] * 2, None, (0.5, 0.5))
    assert len(once) == 2 * 24_000 + 16_000
    longer = joined([tmp_path / "tone.wav"], 4.0, (0.5, 0.5))
    assert len(longer) == 3 * 24_000 + 16_000
    assert not np.any(longer[-24_000:])


def test_a_hop_that_is_no_number_is_refused(command: Command) -> None:
    assert "--hop 'soon': give seconds, or auto." in command("bench-stream", CLIP, "--hop", "soon").error
