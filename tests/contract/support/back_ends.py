"""Every implementation of `Session` that the contract is checked on, and the graphs it is checked with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from edge_runtime.backends.device import why_unusable
from edge_runtime.backends.ort.session import open_with
from edge_runtime.backends.registry import open_session
from edge_runtime.backends.session import Session, SessionOptions
from edge_runtime.backends.trt.session import TrtSession
from edge_runtime.bundle.manifest import Target
from edge_runtime.bundle.specs import Component
from tests.contract.support.ledger_engine import Ranges, build_ledger_engine
from tests.support.fake_cuda import FakeCuda
from tests.support.fake_onnxruntime import GRAPH_FILE, FakeOnnxRuntime
from tests.support.fake_session import Compute, FakeSession
from tests.support.fake_tensorrt import FakePlan, FakeTensorRT
from tests.support.fake_tensorrt_rtx import FakeTensorRTRTX
from tests.support.ledger import ENGINE_LEDGER, LEDGER, ledger, save_ledger
from tests.support.legacy_ledger import LEGACY_LEDGER, legacy_ledger, save_legacy_ledger
from tests.support.scoring_ledger import (
    ENGINE_SCORING_LEDGER,
    SCORING_LEDGER,
    save_scoring_ledger,
    scoring_ledger,
)

CAPACITY = 32
"""Cache rows; the same for every back end, since TensorRT builds them into the engine."""


FULL = {"batch": (1, 1), "sequence": (1, CAPACITY), "kv_capacity": (CAPACITY, CAPACITY)}
STEP = {**FULL, "sequence": (1, 1)}
FEW_ROWS = 8
"""Least rows of a cache that is laid out anew."""
LAYOUTS = tuple({**FULL, "batch": (2, 2), "kv_capacity": (rows, rows)} for rows in (FEW_ROWS, CAPACITY))
MAX_SCORED = 8
"""Tokens of a call that the engines score at most."""
SCORING = (
    {**FULL, "scored": (1, 1)},
    {**FULL, "sequence": (1, MAX_SCORED), "scored": (1, MAX_SCORED)},
)


@dataclass(frozen=True)
class Ledger:
    """One graph: its description, that for TensorRT, its function, its writer, and the outputs that share an
    input's memory."""

    component: Component
    engine_component: Component
    compute: Compute
    save: Callable[[Path, Component], Path]
    in_place: tuple[tuple[str, str], ...] = ()
    profiles: tuple[Ranges, ...] = (FULL, STEP)


_IN_PLACE = (("present_key_0", "past_key_0"),)
LEDGERS = {
    "modern": Ledger(LEDGER, ENGINE_LEDGER, ledger, save_ledger, _IN_PLACE),
    "legacy": Ledger(LEGACY_LEDGER, LEGACY_LEDGER, legacy_ledger, save_legacy_ledger),
    "layouts": Ledger(LEGACY_LEDGER, LEGACY_LEDGER, legacy_ledger, save_legacy_ledger, profiles=LAYOUTS),
    "scoring": Ledger(
        SCORING_LEDGER, ENGINE_SCORING_LEDGER, scoring_ledger, save_scoring_ledger, _IN_PLACE, SCORING
    ),
}


def open_fake(_directory: Path, graph: Ledger) -> Session:
    return FakeSession(graph.component, graph.compute)


def open_on_fake_cuda(module: type[FakeTensorRT], directory: Path, graph: Ledger) -> Session:
    cuda = FakeCuda()
    plan = FakePlan(graph.component, graph.compute, graph.profiles, dict(graph.in_place))
    path = directory / "ledger.plan"
    path.write_bytes(b"plan")
    return TrtSession(module(cuda, plan), cuda, graph.component, path, 0)


def open_ort(target: Target, directory: Path, graph: Ledger) -> Session:
    path = graph.save(directory / "ledger.onnx", graph.component)
    return open_session(target, graph.component, path, SessionOptions(threads=1))


def open_on_fake_ort(_directory: Path, graph: Ledger) -> Session:
    ort = FakeOnnxRuntime(graph.component, graph.compute)
    return open_with(ort, graph.component, GRAPH_FILE, SessionOptions(), "ort-cuda")


def open_engine(target: Target, directory: Path, graph: Ledger) -> Session:
    path = build_ledger_engine(target, directory, graph.engine_component, graph.save, *graph.profiles)
    return open_session(target, graph.engine_component, path, SessionOptions())


def on_gpu(opener: Callable[..., Session], target: Target) -> object:
    """Return a parameter that is skipped, with the probe's reason, where the target does not run."""
    reason = why_unusable(target)
    marks = [pytest.mark.gpu, *([pytest.mark.skip(reason=f"{target}: {reason}")] if reason else [])]
    return pytest.param(partial(opener, target), id=target, marks=marks)


APPENDING = [
    pytest.param(open_fake, id="fake"),
    pytest.param(partial(open_on_fake_cuda, FakeTensorRT), id="tensorrt-on-fake-cuda"),
    pytest.param(partial(open_on_fake_cuda, FakeTensorRTRTX), id="tensorrt-rtx-on-fake-cuda"),
    pytest.param(partial(open_ort, "ort-cpu"), id="ort-cpu"),
    on_gpu(open_engine, "tensorrt"),
    on_gpu(open_engine, "tensorrt-rtx"),
]
"""Back ends that can append rows to a cache on its device; ONNX Runtime can on the host alone."""
BACK_ENDS = [
    *APPENDING,
    pytest.param(open_on_fake_ort, id="ort-cuda-on-fake"),
    on_gpu(open_ort, "ort-cuda"),
]
