"""Feeds of every graph with what ONNX Runtime gives for them, and how others are compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from edge_export.checkpoint.config import ModelConfig
from edge_export.graph_spec import GraphSpec
from edge_runtime.arrays import Array
from tests.export.support.written_graphs import WrittenGraphs

CAPACITY = 24
POISON = 58.6
Outputs = Mapping[str, Array]


def cases_of(component: str, graphs: WrittenGraphs, spec: GraphSpec, rng: Any) -> list[dict[str, Array]]:
    """Return feeds of a component: prompts, steps and passes behind poisoned rows."""
    if component == "encoder":
        return _encoder_cases(rng)
    if component == "aligner":
        return _aligner_cases(graphs.config, rng)
    return _decoder_cases(graphs.config, spec, rng)


def _encoder_cases(rng: np.random.Generator) -> list[dict[str, Array]]:
    mel = rng.standard_normal((2, 128, 200)).astype(np.float32)
    mask = np.ones((2, 26), bool)
    mel[1, :, 150:], mask[1, 20:] = 0, False
    return [{"mel_windows": mel, "key_mask": mask}]


def _decoder_cases(config: ModelConfig, spec: GraphSpec, rng: np.random.Generator) -> list[dict[str, Array]]:
    """A piece of a prompt behind rows that are valid, and a step of two sequences of unequal length."""
    cases = []
    for count, lengths in ((6, [5]), (1, [3, 9])):
        batch = len(lengths)
        last = np.full(batch, count - 1, np.int64)
        named: dict[str, Array] = {
            "input_ids": rng.integers(0, config.text.vocab_size, (batch, count)),
            "audio_index": np.full((batch, count), -1, np.int64),
            "audio_embeds": rng.standard_normal((3, config.text.hidden_size)).astype(np.float32),
            "cache_len": np.array(lengths, np.int64),
            "last_index": last[:, None],
        }
        named["audio_index"][0, : count // 2] = np.arange(count // 2)
        cases.append(named | _cache(spec, lengths, rng))
    return cases


def _cache(spec: GraphSpec, lengths: list[int], rng: np.random.Generator) -> dict[str, Array]:
    """Rows behind the valid ones are poisoned."""
    caches = {}
    for tensor in spec.inputs:
        if tensor.name.startswith("past"):
            shape = (len(lengths), tensor.shape[1], CAPACITY, tensor.shape[3])
            cache = rng.standard_normal(shape).astype(tensor.dtype)
            for row, length in enumerate(lengths):
                cache[row, :, length:] = POISON
            caches[tensor.name] = cache
    return caches


def _aligner_cases(config: ModelConfig, rng: np.random.Generator) -> list[dict[str, Array]]:
    audio_index = np.full((1, 12), -1, np.int64)
    audio_index[0, 2:6] = np.arange(4)
    return [
        {
            "input_ids": rng.integers(0, config.text.vocab_size, (1, 12)),
            "audio_index": audio_index,
            "audio_embeds": rng.standard_normal((4, config.text.hidden_size)).astype(np.float32),
            "slot_index": np.array([[7, 8, 11]], np.int64),
        }
    ]


def in_onnx_runtime(path: Path, cases: list[dict[str, Array]]) -> list[Outputs]:
    options = ort.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    # As the runtime sets it: products of dequantised weights are those of floats.
    options.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return [dict(zip(names, session.run(None, case), strict=True)) for case in cases]


def valid_rows(outputs: Outputs, case: Outputs) -> Outputs:
    """Leave out the rows of a cache that are not valid after a call; ONNX Runtime need not copy them."""
    if "cache_len" not in case:
        return outputs
    ends = case["cache_len"] + case["input_ids"].shape[1]
    valid = np.arange(CAPACITY) < ends[:, None]
    return {
        name: np.where(valid[:, None, :, None], values, 0) if name.startswith("present") else values
        for name, values in outputs.items()
    }


def require_equal(actual: Outputs, expected: Outputs, tolerance: float) -> None:
    for name, values in expected.items():
        if values.dtype.kind != "f":
            np.testing.assert_array_equal(actual[name], values, err_msg=name)
            continue
        wanted, got = values.astype(np.float32), actual[name].astype(np.float32)
        scale = max(1.0, float(np.abs(wanted).max()))
        error = float(np.abs(got - wanted).max()) / scale
        assert error <= tolerance, f"{name} is off by {error:.2g} of {scale:.2g}"
