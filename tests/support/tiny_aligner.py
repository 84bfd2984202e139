"""A whole aligner bundle with planted times: slot k is at (3 k + 1) classes of 80 ms, whatever is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper

from edge_runtime.bundle.golden import GOLDEN_NAME
from edge_runtime.bundle.manifest import Language, Limits
from edge_runtime.bundle.specs import AlignerSpec, Component, TensorSpec
from edge_runtime.model.aligner_prompt import build_align_prompt
from edge_runtime.model.fbank import Fbank
from tests.support.graphs import save_graph
from tests.support.manifests import ENCODER_COMPONENT, FEATURES, HIDDEN_SIZE, make_manifest
from tests.support.tiny_bundle import encoder_nodes, make_tokenizer, make_vocabulary, seal, tone

LOGPROB = -0.25
BIN_MS = 80.0
LANGUAGES = tuple(
    Language(name=name, code=code, force_ids=())
    for name, code in (("Chinese", "zh"), ("English", "en"), ("Korean", "ko"))
)
ALIGNER_COMPONENT = Component(
    graph="aligner.onnx",
    precision="fp32",
    lowering="modern",
    opset=23,
    inputs=(
        TensorSpec(name="input_ids", dtype="int64", shape=("batch", "sequence")),
        TensorSpec(name="audio_index", dtype="int64", shape=("batch", "sequence")),
        TensorSpec(name="audio_embeds", dtype="float32", shape=("audio_tokens", HIDDEN_SIZE)),
        TensorSpec(name="slot_index", dtype="int64", shape=("batch", "slots")),
    ),
    outputs=(
        TensorSpec(name="class_id", dtype="int64", shape=("batch", "slots")),
        TensorSpec(name="logprob", dtype="float32", shape=("batch", "slots")),
    ),
)


def aligner_spec(**changes: Any) -> AlignerSpec:
    """Return the tiny aligner's part of the manifest."""
    fields: dict[str, Any] = {
        "num_classes": 500,
        "bin_ms": BIN_MS,
        "audio_start_id": 1000,
        "audio_id": 1001,
        "audio_end_id": 1002,
        "slot_id": 1003,
        "hidden_size": HIDDEN_SIZE,
        "max_positions": 800,
        "max_audio_s": 20.0,
    }
    return AlignerSpec(**{**fields, **changes})


def planted_ms(slot: int) -> float:
    """Return the time that the graph names at a slot."""
    return BIN_MS * (3 * slot + 1)


def write_tiny_aligner(
    directory: Path,
    languages: tuple[Language, ...] = LANGUAGES,
    *,
    precision: str = "fp32",
    late_from: int | None = None,
    late_by: int = 1,
    **changes: Any,
) -> Path:
    """Write a bundle.

    Args:
        directory: where to; it must not exist.
        languages: that it aligns.
        precision: that it says it has.
        late_from: slot from which on its classes are `late_by` more than planned; None for no slot.
        late_by: see there.
        changes: fields of the aligner's part of the manifest.
    """
    directory.mkdir(parents=True)
    spec = aligner_spec(**changes)
    manifest = make_manifest(
        name="tiny-aligner",
        precision=precision,
        kind="aligner",
        components={"encoder": ENCODER_COMPONENT, "aligner": ALIGNER_COMPONENT},
        decoder=None,
        prompt=None,
        aligner=spec,
        languages=languages,
        limits=Limits(
            max_audio_s=120.0, max_positions=800, max_new_tokens=0, prefill_chunk=0, encoder_batch=2
        ),
    )
    make_tokenizer(make_vocabulary()).save(str(directory / "tokenizer.json"))
    save_graph(directory / "encoder.onnx", ENCODER_COMPONENT, encoder_nodes())
    save_graph(directory / "aligner.onnx", ALIGNER_COMPONENT, *_aligner_nodes(late_from, late_by))
    np.savez(directory / GOLDEN_NAME, **_golden(spec))
    return seal(directory, manifest)


def _aligner_nodes(late_from: int | None, late_by: int) -> tuple[list[Any], dict[str, Any]]:
    constants = {
        "late_from": np.array(np.iinfo(np.int64).max if late_from is None else late_from),
        "late_by": np.array(late_by),
        "one": np.array(1),
        "three": np.array(3),
        "axis": np.array(1),
        "zero_i": np.array(0),
        "logprob_value": np.array(LOGPROB, np.float32),
    }
    nodes = [
        helper.make_node("Mul", ["slot_index", "zero_i"], ["zeros"]),
        helper.make_node("Add", ["zeros", "one"], ["ones"]),
        helper.make_node("CumSum", ["ones", "axis"], ["ranks"], exclusive=1),
        helper.make_node("Mul", ["ranks", "three"], ["tripled"]),
        helper.make_node("Add", ["tripled", "one"], ["planted"]),
        helper.make_node("GreaterOrEqual", ["ranks", "late_from"], ["is_late"]),
        helper.make_node("Cast", ["is_late"], ["late"], to=TensorProto.INT64),
        helper.make_node("Mul", ["late", "late_by"], ["added"]),
        helper.make_node("Add", ["planted", "added"], ["class_id"]),
        helper.make_node("Cast", ["zeros"], ["float_zeros"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["float_zeros", "logprob_value"], ["logprob"]),
    ]
    return nodes, constants


def _golden(spec: AlignerSpec) -> dict[str, Any]:
    waveform = tone(16_000)
    log_mel = Fbank(FEATURES)(waveform)
    prompt = build_align_prompt(spec, 13, [(1, 2), (3,)])
    arrays = {
        "waveform": waveform,
        "log_mel": log_mel,
        "audio_embeds": log_mel[:HIDDEN_SIZE, 7 * np.arange(13)].T,
        "prompt_ids": prompt.ids,
        "class_ids": 3 * np.arange(4) + 1,
        "logprobs": np.full(4, LOGPROB, np.float32),
    }
    return {f"tone/{name}": array for name, array in arrays.items()}
