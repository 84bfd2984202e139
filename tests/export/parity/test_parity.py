"""A build that differs from its reference is refused, and nothing is installed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Qwen3ASRForConditionalGeneration

from edge_export.checkpoint.checkpoint import read_checkpoint
from edge_export.checkpoint.source import HubOptions, resolve
from edge_export.graphs import parameters
from edge_export.parity.case import compare
from edge_export.parity.probes import probe_waveform
from edge_export.parity.reference import Reference
from edge_export.parity.reference_output import ReferenceOutput, load_output
from edge_export.parity.tolerances import FP32, acceptance
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import BuildResult, build
from edge_runtime.errors import ParityError


def test_a_report_names_every_stage_of_every_probe(built: BuildResult) -> None:
    report = json.loads((built.bundle / "parity.json").read_text("utf-8"))
    assert report == built.parity
    assert report["schema"] == "edge-asr/parity@1"
    assert report["reference"].startswith("transformers ")
    assert {check["stage"] for check in report["stages"]} == set(FP32) - {"slots"}  # of an aligner
    assert {check["probe"] for check in report["stages"]} == {"0.3 s", "3.0 s", "9.7 s"}
    assert all(check["passed"] for check in report["stages"])
    assert report["tokens_identical"] == report["tokens_total"] == 150


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("audio_tower.layers.1.fc2.weight", "encoder"),
        ("language_model.layers.1.self_attn.qkv_proj.weight", "prefill"),
        ("language_model.norm.weight", "prefill"),
        ("language_model.inv_freq", "prefill"),
    ],
)
def test_a_wrong_weight_is_found(
    tiny_checkpoints: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lines: object,
    name: str,
    stage: str,
) -> None:
    right = parameters.parameter

    def wrong(module: object, requested: str, *rest: object) -> object:
        value = right(module, requested, *rest)
        return value * 1.01 if requested == name else value

    monkeypatch.setattr("edge_export.graphs.write.parameter", wrong)
    target = tmp_path / "bundle"
    with pytest.raises(
        ParityError, match=rf"(?s)outside tolerance; the first is stage {stage}.*Nothing was inst"
    ):
        build(BuildOptions(model=str(tiny_checkpoints["hf"]), output=target), lines)
    assert not target.exists()


def test_differing_tokens_are_found_even_where_numbers_agree(
    tiny_checkpoints: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: object
) -> None:
    def wrong(path: Path, kind: type[ReferenceOutput]) -> ReferenceOutput:
        answer = load_output(path, kind)
        return replace(answer, token_ids=np.append(answer.token_ids[:-1], answer.token_ids[-1] + 1))

    monkeypatch.setattr("edge_export.stages.parity.load_output", wrong)
    with pytest.raises(ParityError, match=r"147 of 150 tokens"):
        build(BuildOptions(model=str(tiny_checkpoints["hf"]), output=tmp_path / "bundle"), lines)


def test_not_a_number_does_not_pass() -> None:
    assert not compare("features", "x", np.array([np.nan], np.float32), np.ones(1, np.float32)).passed


def test_another_shape_does_not_pass() -> None:
    with pytest.raises(ParityError, match=r"stage encoder, probe x: shape \(1,\), the reference has \(2,\)"):
        compare("encoder", "x", np.ones(1, np.float32), np.ones(2, np.float32))


def test_the_reference_is_transformers_as_anyone_would_load_it(tiny_checkpoints: dict[str, Path]) -> None:
    checkpoint = read_checkpoint(resolve(str(tiny_checkpoints["original"]), HubOptions()))
    reference = Reference(checkpoint)
    answer = reference.run(probe_waveform(1.27))
    model = Qwen3ASRForConditionalGeneration.from_pretrained(tiny_checkpoints["hf"], dtype=torch.float32)
    prompt = checkpoint.prompt
    ids = (*prompt.before_context, *prompt.before_audio)
    ids = (*ids, *[prompt.audio_id] * len(answer.audio_embeds), *prompt.after_audio)
    frames = answer.log_mel.shape[1]
    mel = np.pad(answer.log_mel, ((0, 0), (0, -frames % 100)))[None]
    generated = model.generate(
        input_ids=torch.tensor([ids]),
        input_features=torch.from_numpy(mel),
        input_features_mask=torch.from_numpy((np.arange(mel.shape[2]) < frames).astype(np.int64))[None],
        max_new_tokens=50,
        do_sample=False,
        eos_token_id=None,
    )
    assert generated[0, len(ids) :].tolist() == answer.token_ids.tolist()


def test_depth_widens_what_rounding_may_do_and_nothing_else() -> None:
    few, deep = acceptance("int8", 2), acceptance("int8", 28)
    assert few == acceptance("int8")
    wider = {name for name, bound in deep.stages.items() if bound != few.stages[name]}
    assert wider == {"prefill", "prefill_in_pieces", "steps", "slots"}
    assert deep.stages["steps"].relative == pytest.approx(2 * few.stages["steps"].relative)
    assert deep.min_identical == pytest.approx(few.min_identical / 2)
    assert acceptance("fp32", 28) == acceptance("fp32")
