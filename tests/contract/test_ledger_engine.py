"""The graphs of the contract are engines that a GPU could run; without one the session says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_runtime.backends.device import why_unusable
from edge_runtime.backends.registry import open_session
from edge_runtime.backends.session import SessionOptions
from edge_runtime.backends.trt.library import load_trt
from edge_runtime.backends.trt.session import TrtSession
from edge_runtime.errors import BackendUnavailableError
from tests.contract.support.back_ends import LEDGERS
from tests.contract.support.ledger_engine import build_ledger_engine
from tests.support.fake_cuda import FakeCuda


@pytest.fixture(params=LEDGERS)
def plan(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    pytest.importorskip("tensorrt_rtx")
    graph = LEDGERS[request.param]
    path = build_ledger_engine(
        "tensorrt-rtx",
        tmp_path,
        graph.engine_component,
        graph.save,
        *graph.profiles,
        compute_capability="SM86",
    )
    return request.param, path


def test_ledgers_compile_without_a_gpu(plan: tuple[str, Path]) -> None:
    _, path = plan
    assert path.stat().st_size > 0


def test_a_plan_on_a_machine_without_a_driver_is_one_clear_line(plan: tuple[str, Path]) -> None:
    if why_unusable("tensorrt-rtx") is None:
        pytest.skip("there is a driver")
    name, path = plan
    with pytest.raises(BackendUnavailableError, match="No usable NVIDIA driver or GPU") as caught:
        open_session("tensorrt-rtx", LEDGERS[name].engine_component, path, SessionOptions())
    assert "\n" not in str(caught.value)


def test_what_tensorrt_itself_says_of_a_missing_driver_is_understood(plan: tuple[str, Path]) -> None:
    if why_unusable("tensorrt-rtx") is None:
        pytest.skip("there is a driver")
    name, path = plan
    with pytest.raises(BackendUnavailableError, match=r"cudaError 35.*no usable NVIDIA driver or GPU"):
        TrtSession(load_trt("tensorrt-rtx"), FakeCuda(), LEDGERS[name].engine_component, path, 0)
