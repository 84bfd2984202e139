"""The comparison with other programs, on stand-ins and on small models."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from safetensors.torch import load_file

from edge_bench.peers import antirez
from edge_bench.peers.__main__ import _known, _settings
from edge_bench.peers.catalogue import OURS, PEERS
from edge_bench.peers.clips import make_clips
from edge_bench.peers.gguf_names import gguf_name, metadata
from edge_bench.peers.harness import Harness, Request
from edge_bench.peers.peer import Clip, PeerError, Settings, StageTimes
from edge_bench.peers.process import Answer, answer_of, ask, environment
from edge_bench.peers.safetensors_file import read_tensors, text_config
from edge_bench.peers.schedule import alternate
from edge_bench.peers.summary import compare, summarise
from edge_bench.peers.worker import Job, job_of
from edge_runtime.errors import CheckFailedError, UsageError
from tests.conftest import MINI_CHECKPOINT, ROOT
from tests.runtime.support.tiny_bundle import LOOP_ANSWER, tone, write_tiny_bundle

HERE = Path(sys.executable)
CLIP = Clip(name="talk.wav", wav=Path("talk.wav"), duration_s=2.0, prompt_ids=(5, 9, 9, 6), audio_id=9)
TIMES = StageTimes(frontend_ms=10.0, encoder_ms=100.0, prefill_ms=50.0, step_ms=20.0, peak_bytes=4_000_000)
DEBUG_OUTPUT = """\
Loading model from somewhere
Detected: Qwen3-ASR-0.6B
Model loaded.
Audio: 176000 samples (11.0 seconds)
  Mel: 1100 frames (25 ms)
  Encoder: 143 tokens (1480 ms)
  Prefill: 161 tokens (1273 ms)
"""
DECODE_LINE = "  Decode: 29 tokens (2320 ms, 80.0 ms/token)\n"


def test_ours_runs_after_each_peer_and_everything_in_each_round() -> None:
    assert list(alternate(["a", "b"], ["X", "Y"], 1)) == ["a", "X", "b", "Y"]
    assert list(alternate(["a", "b", "c"], ["X"], 2)) == ["a", "X", "b", "X", "c", "X"] * 2
    order = list(alternate(["a", "b", "c"], ["X", "Y"], 2))
    assert order == ["a", "X", "b", "Y", "c", "X", "a", "Y", "b", "X", "c", "Y"], "neighbours change"
    assert list(alternate(["a"], ["X", "Y"], 1)) == ["a", "X", "a", "Y"]
    assert list(alternate([], ["X", "Y"], 1)) == ["X", "Y"]


def test_medians_are_of_each_stage_and_the_total_is_of_a_text_of_fixed_length() -> None:
    runs = [TIMES, replace(TIMES, encoder_ms=300.0), replace(TIMES, encoder_ms=120.0, step_ms=40.0)]
    row = summarise("peer", runs, num_tokens=11)
    assert (row.num_runs, row.encoder_ms, row.step_ms) == (3, 120.0, 20.0)
    assert row.total_ms == pytest.approx(10 + 120 + 50 + 10 * 20), "the first token is the prefill's"


def test_a_ratio_is_their_time_over_ours_and_is_missing_where_a_stage_is() -> None:
    ours = summarise("ours", [replace(TIMES, encoder_ms=25.0, step_ms=10.0)], 11)
    ratio = compare(ours, summarise("peer", [TIMES], 11))
    assert (ratio.encoder, ratio.prefill, ratio.step) == (4.0, 1.0, 2.0)
    assert ratio.total == pytest.approx(360 / 185)
    decoder = compare(ours, summarise("decoder", [StageTimes(prefill_ms=75.0, step_ms=5.0)], 11))
    assert (decoder.encoder, decoder.prefill, decoder.step, decoder.total) == (None, 1.5, 0.5, None)


def test_debug_output_of_antirez_gives_the_stages() -> None:
    stages = antirez.parse(DEBUG_OUTPUT)
    assert stages == antirez.Stages(25.0, 1480.0, 1273.0, None)
    assert antirez.parse(DEBUG_OUTPUT + DECODE_LINE).step_ms == 80.0


def test_output_without_a_stage_is_refused_with_its_last_line() -> None:
    with pytest.raises(PeerError, match=r"no time for Encoder, Mel, Prefill in .* cannot load talk\.wav"):
        antirez.parse("qwen_transcribe: cannot load talk.wav\n")


def test_a_step_of_antirez_is_the_mean_between_tokens() -> None:
    stages = antirez.parse(DEBUG_OUTPUT)
    assert antirez.step_ms([1.0, 1.1, 1.2, 1.5], stages) == pytest.approx(500 / 3)
    assert antirez.step_ms([1.0], antirez.parse(DEBUG_OUTPUT + DECODE_LINE)) == 80.0
    with pytest.raises(PeerError, match="too few tokens"):
        antirez.step_ms([1.0], stages)


def _stand_in(folder: Path) -> Settings:
    """Write a program that prints tokens for ever, every 20 ms, and a checkpoint's vocabulary."""
    folder.mkdir()
    program = folder / "qwen_asr"
    lines = [f"#!{HERE}", "import sys, time", f"sys.stderr.write({DEBUG_OUTPUT!r})", "sys.stderr.flush()"]
    lines += ["while True:", "    print(' word', end='', flush=True)", "    time.sleep(0.02)"]
    program.write_text("\n".join(lines))
    program.chmod(0o755)
    (folder / "vocab.json").write_text("{}")
    return Settings(threads=1, work=folder, antirez=folder, original=folder)


def test_a_program_that_never_ends_its_text_is_ended_after_the_tokens_asked_for(tmp_path: Path) -> None:
    peer = antirez.make(_stand_in(tmp_path / "sources"), "")
    assert peer.available() is None
    peer.convert()
    times = peer.run(CLIP, 5)
    assert (times.frontend_ms, times.encoder_ms, times.prefill_ms) == (25.0, 1480.0, 1273.0)
    assert times.step_ms > 15


def test_what_antirez_lacks_is_said_in_a_line(tmp_path: Path) -> None:
    settings = _stand_in(tmp_path / "sources")
    missing = {
        "no source folder": replace(settings, antirez=None),
        "neither qwen_asr nor a Makefile": replace(settings, antirez=tmp_path),
        "original layout": replace(settings, original=None),
        "no vocab.json": replace(settings, original=tmp_path),
    }
    for reason, changed in missing.items():
        assert reason in (antirez.make(changed, "").available() or "")


def test_a_job_survives_the_way_to_a_worker(tmp_path: Path) -> None:
    settings = Settings(threads=2, work=tmp_path, hf=tmp_path / "hf")
    job = Job(peer="antirez", action="run", settings=settings, clips=(CLIP,), num_tokens=7)
    assert job_of(job.to_json()) == job


def test_an_answer_is_the_last_line_whatever_libraries_print_before() -> None:
    output = (
        'noise\n{"missing": null, "times": [{"prefill_ms": 2.0, "step_ms": 1.0}], "versions": {"a": "1"}}\n'
    )
    assert answer_of(output) == Answer(None, (StageTimes(prefill_ms=2.0, step_ms=1.0),), {"a": "1"})
    with pytest.raises(PeerError, match="cannot be read"):
        answer_of("noise\n")


def test_workers_get_no_more_threads_than_were_asked_for() -> None:
    found = environment(2, {"OMP_NUM_THREADS": "64", "PYTHONPATH": "/elsewhere", "LANG": "C"})
    assert found["OMP_NUM_THREADS"] == found["OPENBLAS_NUM_THREADS"] == "2"
    assert found["PYTHONPATH"].endswith(":/elsewhere")
    assert found["LANG"] == "C"


def test_a_package_that_is_not_installed_and_a_python_that_is_not_there_are_answers(tmp_path: Path) -> None:
    settings = Settings(threads=1, work=tmp_path)
    job = Job(peer="sherpa-onnx", action="available", settings=settings)
    assert ask(HERE, job).missing, "not installed, or not able to"
    assert "cannot be started" in (ask(tmp_path / "python", job).missing or "")


class _Workers:
    """Answers without processes; every job is noted."""

    def __init__(self, **missing: str) -> None:
        self.jobs: list[Job] = []
        self._missing = missing

    def __call__(self, _python: Path, job: Job) -> Answer:
        self.jobs.append(job)
        reason = self._missing.get(job.peer) or self._missing.get(f"{job.peer}_{job.action}")
        if reason:
            return Answer(reason)
        faster = replace(TIMES, step_ms=5.0) if job.peer == OURS else TIMES
        return Answer(None, (faster,) if job.action == "run" else (), {job.peer: "1.0"})


def _request(tmp_path: Path) -> Request:
    return Request(
        settings=Settings(threads=2, work=tmp_path),
        bundles=(tmp_path / "m.int8", tmp_path / "m.int4"),
        peers=("antirez", "sherpa-onnx"),
        clips=(CLIP,),
        num_tokens=11,
        rounds=2,
    )


def test_peers_and_bundles_run_in_turn_and_are_compared(tmp_path: Path) -> None:
    workers, said = _Workers(**{"sherpa-onnx": "it is not installed"}), []
    comparison = Harness(_request(tmp_path), said.append, workers).run()
    measured = [job.settings.bundle or job.peer for job in workers.jobs if job.action == "run"]
    int8, int4 = tmp_path / "m.int8", tmp_path / "m.int4"
    assert measured == ["antirez", int8, "antirez", int4] * 2
    assert "left out: sherpa-onnx: it is not installed" in said
    text = comparison.markdown()
    assert "* left out: sherpa-onnx: it is not installed\n" in text
    assert "| antirez | 4 | 10 | 100 | 50 | 20.0 | 360 | 4 |\n" in text
    assert "| edge-asr m.int4 | 2 | 10 | 100 | 50 | 5.0 | 210 | 4 |\n" in text
    assert "| edge-asr m.int8 | antirez | 1.00 | 1.00 | 4.00 | 1.71 |\n" in text
    assert "sherpa" not in text.partition("## talk.wav")[2], "what is left out has no row"
    document = json.loads(comparison.to_json())
    assert "/" not in document["results"][0]["clip"]["wav"], "where a machine keeps a file is not told"
    assert document["schema"] == "edge-asr/peers@1"
    assert document["missing"] == {"sherpa-onnx": "it is not installed"}
    assert len(document["results"][0]["runs"]["antirez"]) == 4
    assert document["versions"]["antirez"] == "1.0"


def test_a_peer_that_fails_in_a_round_is_left_out_and_the_rest_goes_on(tmp_path: Path) -> None:
    workers = _Workers(antirez_run="its process ended with -9: killed")
    comparison = Harness(_request(tmp_path), lambda _: None, workers).run()
    assert comparison.missing == {"antirez": "its process ended with -9: killed"}
    assert len([job for job in workers.jobs if (job.peer, job.action) == ("antirez", "run")]) == 1
    assert {row.name for row in comparison.results[0].rows} >= {"edge-asr m.int8", "edge-asr m.int4"}


def test_a_bundle_of_ours_that_fails_ends_the_comparison(tmp_path: Path) -> None:
    workers = _Workers(**{OURS: "no bundle here"})
    with pytest.raises(CheckFailedError, match=r"m\.int8: cannot be measured: no bundle here"):
        Harness(_request(tmp_path), lambda _: None, workers).run()


def test_our_own_row_is_measured_in_a_worker(tmp_path: Path) -> None:
    bundle = write_tiny_bundle(tmp_path / "bundle", LOOP_ANSWER)
    soundfile.write(tmp_path / "tone.flac", tone(32_000, sample_rate=32_000), 32_000)
    (clip,) = make_clips([tmp_path / "tone.flac"], bundle, tmp_path)
    assert (clip.name, clip.duration_s) == ("tone.flac", 1.0)
    assert clip.prompt_ids.count(clip.audio_id) == 13
    assert soundfile.info(clip.wav).samplerate == 16_000
    settings = Settings(threads=1, work=tmp_path, bundle=bundle)
    answer = ask(HERE, Job(peer=OURS, action="run", settings=settings, clips=(clip,), num_tokens=6))
    assert answer.missing is None
    (times,) = answer.times
    assert times.prefill_ms > 0
    assert (times.total_ms(6) or 0) > times.prefill_ms + 5 * times.step_ms


@pytest.mark.slow
def test_transformers_runs_a_checkpoint_in_a_worker(tmp_path: Path, tiny_bundle: Path) -> None:
    (clip,) = make_clips([ROOT / "tests" / "clips" / "en-00001.flac"], tiny_bundle, tmp_path)
    settings = Settings(threads=1, work=tmp_path, hf=MINI_CHECKPOINT)
    job = Job(peer="transformers bf16", action="run", settings=settings, clips=(clip,), num_tokens=4)
    answer = ask(HERE, job)
    assert answer.missing is None
    assert min(answer.times[0].encoder_ms or 0, answer.times[0].prefill_ms, answer.times[0].step_ms) > 0


def test_every_tensor_of_the_text_decoder_has_a_name_in_gguf() -> None:
    names = [gguf_name(name) for name in load_file(MINI_CHECKPOINT / "model.safetensors")]
    found = [name for name in names if name]
    layers = text_config(MINI_CHECKPOINT)["num_hidden_layers"]
    assert len(found) == len(set(found)) == 2 + 11 * layers
    assert {"token_embd.weight", "output_norm.weight", "blk.0.attn_q_norm.weight"} <= set(found)
    assert gguf_name("thinker.model.layers.7.mlp.down_proj.weight") == "blk.7.ffn_down.weight"
    assert gguf_name("thinker.lm_head.weight") is None, "it is the embedding"
    assert gguf_name("thinker.audio_tower.layers.0.fc1.weight") is None


def test_settings_in_gguf_are_those_of_the_configuration() -> None:
    config = text_config(MINI_CHECKPOINT)
    found = metadata(config)
    assert found["qwen3.attention.head_count_kv"] == config["num_key_value_heads"]
    assert found["qwen3.rope.freq_base"] == 1e6
    assert metadata({**config, "rope_theta": 5e5})["qwen3.rope.freq_base"] == 5e5


def test_tensors_are_read_as_safetensors_reads_them() -> None:
    expected = load_file(MINI_CHECKPOINT / "model.safetensors")
    found = dict(read_tensors(MINI_CHECKPOINT))
    assert set(found) == set(expected)
    for name, values in found.items():
        assert np.array_equal(values, expected[name].float().numpy()), name


@pytest.mark.parametrize(("form", "error"), [("q8_0", 0.01), ("q4_0", 0.13)])
def test_a_gguf_file_holds_the_decoder_within_the_error_of_its_bits(
    tmp_path: Path, form: str, error: float
) -> None:
    gguf = pytest.importorskip("gguf", reason="the package gguf is not installed")
    from edge_bench.peers.gguf_file import write_gguf  # noqa: PLC0415 - imports gguf

    write_gguf(MINI_CHECKPOINT, form, tmp_path / "mini.gguf")
    assert [path.name for path in tmp_path.iterdir()] == ["mini.gguf"]
    reader = gguf.GGUFReader(tmp_path / "mini.gguf")
    assert reader.get_field("general.architecture").contents() == "qwen3"
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    for name, values in read_tensors(MINI_CHECKPOINT):
        if target := gguf_name(name):
            tensor = tensors.pop(target)
            found = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(values.shape)
            assert np.abs(found - values).max() <= error * np.abs(values).max()
    assert not tensors


def test_checkpoints_are_told_apart_by_their_layout(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"thinker_config": {}}')
    settings = _settings([MINI_CHECKPOINT, tmp_path], None, 2, tmp_path)
    assert (settings.hf, settings.original) == (MINI_CHECKPOINT, tmp_path)
    with pytest.raises(UsageError, match="not a checkpoint"):
        _settings([tmp_path / "nowhere"], None, 2, tmp_path)


def test_unknown_peers_are_refused() -> None:
    assert _known(None) == tuple(PEERS)
    with pytest.raises(UsageError, match="there are: antirez, llama"):
        _known(["whisper"])
