"""Projections, against figures counted elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from edge_bench.roofline.device_spec import GPUS
from edge_bench.roofline.model_shape import MODELS
from edge_bench.roofline.roofline import Efficiency, Workload, project, step_bytes
from edge_runtime.errors import ExitCode
from tests.support.command import Command

WORK = Workload(audio_s=10, num_tokens=40, kv_capacity=1024)


@pytest.mark.parametrize("name", MODELS)
def test_weights_are_counted_as_transformers_counts_them(name: str) -> None:
    shape = MODELS[name].decoder
    fields = {field: getattr(shape, field) for field in shape.__dataclass_fields__}
    with torch.device("meta"):
        model = Qwen3ForCausalLM(Qwen3Config(**fields, tie_word_embeddings=True))
    matrices = sum(parameter.numel() for parameter in model.parameters() if parameter.ndim > 1)
    assert shape.layer_weights() + shape.table_weights() == matrices


def test_the_encoder_takes_as_many_operations_as_were_counted_in_its_graph() -> None:
    assert MODELS["0.6b"].encoder.operations_per_s() == pytest.approx(9.03e9, rel=2e-3)


def test_a_step_reads_all_weights_and_the_whole_cache() -> None:
    assert step_bytes(MODELS["0.6b"], "fp16", 0) == pytest.approx(1192e6, rel=1e-3)
    assert step_bytes(MODELS["0.6b"], "int4", 0) == pytest.approx(308e6, rel=3e-3)
    rows = step_bytes(MODELS["0.6b"], "fp16", 1024) - step_bytes(MODELS["0.6b"], "fp16", 0)
    assert rows == pytest.approx(117.4e6, rel=1e-3)


def test_fewer_bits_are_faster_and_worse_efficiency_is_slower() -> None:
    gpu = GPUS["orin-nx"]
    steps = [
        project(MODELS["0.6b"], gpu, bits, WORK, Efficiency()).step_ms for bits in ("fp16", "int8", "int4")
    ]
    assert steps == sorted(steps, reverse=True)
    assert steps[0] == pytest.approx(1e3 * (1192e6 + 117.4e6) / 102e9, rel=1e-3)
    half = project(MODELS["0.6b"], gpu, "fp16", WORK, Efficiency(0.5, 0.5))
    whole = project(MODELS["0.6b"], gpu, "fp16", WORK, Efficiency())
    assert half.rtf == pytest.approx(2 * whole.rtf)


def test_every_row_says_that_it_is_a_projection(command: Command) -> None:
    assert command("roofline").out.startswith("Projection, not a measurement: 0.6b")
    rows = json.loads(command("roofline", "--json").out)
    assert {row["kind"] for row in rows} == {"projection"}
    assert len(rows) == 4 * len(GPUS)


def test_an_unknown_model_is_refused(command: Command) -> None:
    outcome = command("roofline", "--model", "9b")
    assert outcome.code == ExitCode.USAGE
    assert "0.6b, 1.7b" in outcome.err


def test_the_table_is_written_for_all_models_and_says_that_it_is_a_projection(
    tmp_path: Path, command: Command
) -> None:
    outcome = command("roofline", "--output", tmp_path)
    (path,) = tmp_path.glob("roofline-*.md")
    assert (outcome.code, outcome.out.strip()) == (ExitCode.OK, str(path))
    text = path.read_text("utf-8")
    assert "Nothing here was measured" in text
    for model in MODELS:
        assert f"Projection, not a measurement: {model}," in text
    for name in GPUS:
        assert text.count(f"| {name} |") == 4 * len(MODELS) + 1
