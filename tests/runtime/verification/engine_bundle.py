"""A bundle of an engine, and the cases that are stored with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.bundle.manifest import FileEntry, Manifest
from edge_runtime.bundle.specs import EngineRecord
from edge_runtime.verification.engine_cases import (
    EXPECTED_NAME,
    EngineCase,
    run_case,
)
from tests.support.fake_session import FakeSession
from tests.support.manifests import DECODER_COMPONENT, decoder_spec, make_manifest
from tests.support.token_decoder import modern

RECORD = EngineRecord(
    builder="tensorrt",
    version="10.16.1.11",
    platform="linux-aarch64",
    compute_capabilities=("8.7",),
    gpu="Orin",
    driver="13.2",
    onnx={},
    profiles=(),
    flags=("attention=decomposable", "lowering=modern", "strongly_typed"),
    kv_capacity=96,
    recipe="orin-nano",
)


IDS = np.arange(1, 21)


CASES = {
    "short_prefix": (IDS[:8], 0),
    "long_prefix": (np.resize(IDS, 96), 0),
    "poisoned_tail": (IDS[:8], 0x53),
}


def manifest(**changes: Any) -> Manifest:
    part = msgspec.structs.replace(DECODER_COMPONENT, graph="decoder.plan", engine=RECORD)
    fields = {
        "target": "tensorrt",
        "precision": "fp16",
        "components": {"decoder": part},
        "decoder": decoder_spec(kv_capacity=96),
        "files": {EXPECTED_NAME: FileEntry(bytes=1, sha256="0" * 64)},
    }
    return make_manifest(**{**fields, **changes})


def inputs(ids: Array, fill: int) -> Mapping[str, Array]:
    return {
        "ids": ids,
        "audio_index": np.full(len(ids), -1),
        "audio_embeds": np.zeros((1, 4), np.float32),
        "num_prompt": np.array(len(ids) - 3),
        "fill": np.array(fill),
    }


def make_cases() -> list[EngineCase]:
    session = FakeSession(DECODER_COMPONENT, modern)
    case_inputs = {name: inputs(*case) for name, case in CASES.items()}
    return [
        EngineCase("decoder", name, arrays, run_case(session, manifest(), "decoder", arrays), 0.05)
        for name, arrays in case_inputs.items()
    ]
