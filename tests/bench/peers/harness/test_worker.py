"""Programs measured in worker processes, on small models."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from edge_bench.peers.catalogue import OURS
from edge_bench.peers.harness.clips import make_clips
from edge_bench.peers.harness.process import run_worker
from edge_bench.peers.harness.worker import Job
from edge_bench.peers.peer import Settings
from tests.bench.support.peers import HERE
from tests.conftest import MINI_CHECKPOINT, ROOT
from tests.support.tiny_bundle import LOOP_ANSWER, tone, write_tiny_bundle


def test_our_own_row_is_measured_in_a_worker(tmp_path: Path) -> None:
    bundle = write_tiny_bundle(tmp_path / "bundle", LOOP_ANSWER)
    soundfile.write(tmp_path / "tone.flac", tone(32_000, sample_rate=32_000), 32_000)
    (clip,) = make_clips([tmp_path / "tone.flac"], bundle, tmp_path)
    assert (clip.name, clip.duration_s) == ("tone.flac", 1.0)
    assert clip.prompt_ids.count(clip.audio_id) == 13
    assert soundfile.info(clip.wav).samplerate == 16_000
    settings = Settings(threads=1, work=tmp_path, bundle=bundle)
    answer = run_worker(HERE, Job(peer=OURS, action="run", settings=settings, clips=(clip,), num_tokens=6))
    assert answer.missing is None
    (times,) = answer.times
    assert times.prefill_ms > 0
    assert (times.total_ms(6) or 0) > times.prefill_ms + 5 * times.step_ms


@pytest.mark.slow
def test_transformers_runs_a_checkpoint_in_a_worker(tmp_path: Path, tiny_bundle: Path) -> None:
    (clip,) = make_clips([ROOT / "tests" / "clips" / "en-00001.flac"], tiny_bundle, tmp_path)
    settings = Settings(threads=1, work=tmp_path, hf=MINI_CHECKPOINT)
    job = Job(peer="transformers bf16", action="run", settings=settings, clips=(clip,), num_tokens=4)
    answer = run_worker(HERE, job)
    assert answer.missing is None
    assert min(answer.times[0].encoder_ms or 0, answer.times[0].prefill_ms, answer.times[0].step_ms) > 0
