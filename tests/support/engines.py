"""Ledgers on the fake TensorRT, with a profile for prompts and one for single steps of a few sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.trt.binding import TrtBinding
from edge_runtime.backends.trt.session import TrtSession
from edge_runtime.bundle.specs import Component, DimRange, EngineProfile, EngineRecord
from tests.support.fake_cuda import FakeCuda
from tests.support.fake_session import Compute
from tests.support.fake_tensorrt import FakePlan, FakeTensorRT
from tests.support.ledger import LEDGER, ledger

CAPACITY = 128
PROMPT = {"batch": (1, 2), "sequence": (1, CAPACITY), "kv_capacity": (CAPACITY, CAPACITY)}
STEP = {**PROMPT, "sequence": (1, 1)}


@dataclass
class Rig:
    """A fake GPU, a fake TensorRT and a plan for them."""

    cuda: FakeCuda
    trt: FakeTensorRT
    path: Path

    def open(self, component: Component | None = None, device_id: int = 0) -> TrtSession:
        return TrtSession(self.trt, self.cuda, component or self.trt.plan.component, self.path, device_id)


def make_rig(
    directory: Path,
    module: type[FakeTensorRT] = FakeTensorRT,
    component: Component = LEDGER,
    compute: Compute = ledger,
    in_place: Mapping[str, str] | None = None,
) -> Rig:
    path = directory / "graph.plan"
    path.write_bytes(b"plan")
    aliases = {"present_key_0": "past_key_0"} if in_place is None else in_place
    cuda = FakeCuda()
    return Rig(cuda, module(cuda, FakePlan(component, compute, (PROMPT, STEP), aliases)), path)


def bound(session: TrtSession, batch: int = 1) -> TrtBinding:
    rows = session.allocate("past_key_0", {"batch": batch, "kv_capacity": CAPACITY})
    return session.bind({"past_key_0": rows, "present_key_0": rows})


def feeds(start: int, *amounts: float, batch: int = 1) -> dict[str, Array]:
    return {
        "amounts": np.array([amounts] * batch, np.float32),
        "cache_len": np.full(batch, start, np.int64),
    }


def counts(rig: Rig, *calls: str) -> list[int]:
    return [rig.cuda.calls[call] for call in calls]


def with_profiles(component: Component, ranges: Sequence[Mapping[str, tuple[int, int]]]) -> Component:
    """Describe an engine with these profiles, the smallest and largest size of each dimension."""
    built = tuple(
        EngineProfile(name=str(i), dims={dim: DimRange(min=a, opt=a, max=b) for dim, (a, b) in each.items()})
        for i, each in enumerate(ranges)
    )
    record = EngineRecord(
        builder="tensorrt",
        version="10.3.0",
        platform="linux-aarch64",
        compute_capabilities=("8.7",),
        gpu=None,
        driver=None,
        onnx={},
        profiles=built,
        flags=(),
        kv_capacity=ranges[0]["kv_capacity"][1],
        recipe="orin-nano",
    )
    return msgspec.structs.replace(component, engine=record)
