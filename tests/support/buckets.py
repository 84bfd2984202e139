"""The decoder in NumPy as an engine with a profile for each of a few capacities of its cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from edge_runtime.arrays import Array
from edge_runtime.backends.trt.session import TrtSession
from edge_runtime.bundle.specs import Component, DimRange, EngineProfile, EngineRecord, TensorSpec
from tests.support.fake_cuda import FakeCuda
from tests.support.fake_session import Compute
from tests.support.fake_tensorrt import FakePlan, FakeTensorRT
from tests.support.manifests import DECODER_COMPONENT
from tests.support.token_decoder import LEGACY_DECODER, batched, legacy, modern

BUCKETS: Final = (24, 48, 96)
SLOTS: Final = 3
_ANY: Final = {
    "batch": (1, SLOTS),
    "sequence": (1, 96),
    "audio_tokens": (1, 96),
    "kv_capacity": (BUCKETS[0], BUCKETS[-1]),
}
_ONE: Final = {**_ANY, "sequence": (1, 1), "audio_tokens": (1, 1)}
PROFILES: Final = (_ANY, *({**_ONE, "kv_capacity": (rows, rows)} for rows in BUCKETS))
_IN_PLACE: Final = {f"present_{part}_0": f"past_{part}_0" for part in ("key", "value")}


class BucketRig:
    """A session over an engine with buckets, and what it runs on."""

    def __init__(self, directory: Path, lowering: str) -> None:
        path = directory / "decoder.plan"
        path.write_bytes(b"plan")
        self.component: Final = bucket_component(lowering)
        self.cuda: Final = FakeCuda()
        compute, in_place = (legacy, {}) if lowering == "legacy" else (_reading_some(modern), _IN_PLACE)
        plan = FakePlan(self.component, batched(compute, "cache_rows"), PROFILES, in_place)
        self.trt: Final = FakeTensorRT(self.cuda, plan)
        self.session: Final = TrtSession(self.trt, self.cuda, self.component, path, 0)

    def rows_of_steps(self) -> list[int]:
        """Return how many cache rows the runs of each context of one token read, ascending."""
        return sorted(
            self._rows(context.shapes)
            for context in self.trt.contexts
            if context.shapes["input_ids"][1] == 1 and context.profile != 0
        )

    def _rows(self, shapes: Mapping[str, tuple[int, ...]]) -> int:
        return shapes["cache_rows"][0] if "cache_rows" in shapes else shapes["past_key_0"][2]


def bucket_component(lowering: str) -> Component:
    """Describe the engine."""
    if lowering == "legacy":
        return _with_record(LEGACY_DECODER)
    inputs = tuple(_fixed(spec) for spec in DECODER_COMPONENT.inputs)
    outputs = tuple(_fixed(spec) for spec in DECODER_COMPONENT.outputs)
    rows = TensorSpec(name="cache_rows", dtype="int64", shape=("kv_capacity",))
    return _with_record(msgspec.structs.replace(DECODER_COMPONENT, inputs=(*inputs, rows), outputs=outputs))


def _fixed(spec: TensorSpec) -> TensorSpec:
    """Return a tensor whose cache rows the graph fixes, as in-place updates demand."""
    return msgspec.structs.replace(
        spec, shape=tuple(BUCKETS[-1] if dim == "kv_capacity" else dim for dim in spec.shape)
    )


def _with_record(component: Component) -> Component:
    return msgspec.structs.replace(component, engine=record_of(BUCKETS))


def record_of(buckets: Sequence[int]) -> EngineRecord:
    """Return the record of an engine with a profile for each number of cache rows."""
    ranges = (_ANY, *({**_ONE, "kv_capacity": (rows, rows)} for rows in buckets))
    profiles = tuple(
        EngineProfile(
            name=str(index),
            dims={dim: DimRange(min=low, opt=low, max=high) for dim, (low, high) in each.items()},
        )
        for index, each in enumerate(ranges)
    )
    return EngineRecord(
        builder="tensorrt",
        version="10.3.0",
        platform="linux-x86_64",
        compute_capabilities=("8.7",),
        gpu=None,
        driver=None,
        onnx={},
        profiles=profiles,
        flags=(),
        kv_capacity=buckets[-1],
        recipe="tests",
    )


def _reading_some(compute: Compute) -> Compute:
    """Return what computes a decoder that would miss rows beyond those that it is told to read."""

    def outputs(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        rows = inputs["cache_rows"]
        end = int(inputs["cache_len"][0]) + inputs["input_ids"].shape[1]
        assert rows.tolist() == list(range(len(rows)))
        assert end <= len(rows), "the last rows would not be read"
        return compute(inputs)

    return outputs
