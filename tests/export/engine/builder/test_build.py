"""Engines built with TensorRT-RTX, and every failure."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_export.engine.builder import build as engine_build
from edge_export.engine.builder.build import EngineRequest, build_engine
from edge_export.engine.builder.library import TrtLibrary, load_library
from edge_export.engine.builder.progress import watch
from edge_export.engine.capability import set_capabilities
from edge_runtime.errors import BackendUnavailableError, EdgeAsrError, GraphError, ResourceError, UsageError
from tests.export.engine.support import small_graphs

pytest.importorskip("tensorrt_rtx")

Configure = Callable[[TrtLibrary, Any, tuple[str, ...]], None]


@pytest.fixture(scope="module")
def library() -> TrtLibrary:
    return load_library("tensorrt-rtx")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return tmp_path / "decoder.plan"


def quiet(_: str) -> None:
    """Take a line of progress."""


@pytest.mark.parametrize("capabilities", [("8.6",), ("8.9",), ("12.0",), ("8.6", "8.9", "12.0")])
def test_an_engine_is_compiled_for_gpus_that_are_not_here(
    library: TrtLibrary, tmp_path: Path, plan: Path, capabilities: tuple[str, ...]
) -> None:
    request = replace(small_graphs.linear(tmp_path / "linear.onnx"), capabilities=capabilities)
    lines: list[str] = []
    built = build_engine(library, request, plan, lines.append)
    assert built.num_bytes == plan.stat().st_size > small_graphs.WIDTH**2 * 2, "the weights are in it"
    assert any(line.startswith("decoder: ") and "steps" in line for line in lines)


class WithoutStreams(TrtLibrary):
    """A library without streamed serialisation."""

    streams = False


def test_a_library_without_streams_gives_the_same_engine(
    library: TrtLibrary, tmp_path: Path, plan: Path
) -> None:
    request = small_graphs.linear(tmp_path / "linear.onnx")
    assert library.streams
    streamed = build_engine(library, request, plan, quiet).num_bytes
    old = WithoutStreams(library.target, library.module, library.version)
    assert not old.streams
    whole = build_engine(old, request, tmp_path / "whole.plan", quiet).num_bytes
    assert abs(whole - streamed) < 0.05 * streamed, "kernels are compiled anew, to nearly the same size"


def test_attention_without_a_fused_kernel_is_decomposed_where_that_is_allowed(
    library: TrtLibrary, tmp_path: Path, plan: Path
) -> None:
    request = small_graphs.attention(tmp_path / "attention.onnx")
    assert build_engine(library, request, plan, quiet).attentions == 1
    with pytest.raises(GraphError, match=r"The decoder engine cannot be built: .*dedicated kernel"):
        build_engine(library, replace(request, attention="fused"), tmp_path / "fused.plan", quiet)


def _with_current_gpu(library: TrtLibrary, config: Any, _: tuple[str, ...]) -> None:
    config.num_compute_capabilities = 1
    config.set_compute_capability(library.module.ComputeCapability.CURRENT, 0)


def _with_small_workspace(library: TrtLibrary, config: Any, capabilities: tuple[str, ...]) -> None:
    set_capabilities(library, config, capabilities)
    config.set_memory_pool_limit(library.module.MemoryPoolType.WORKSPACE, 1)


@pytest.mark.parametrize(
    ("graph", "configure", "kind", "says"),
    [
        (
            small_graphs.unknown_operator,
            set_capabilities,
            GraphError,
            r"cannot parse the decoder graph: .*MatMulNBits",
        ),
        (small_graphs.eight_bit_floats, set_capabilities, BackendUnavailableError, "lacks the precision"),
        (small_graphs.linear, _with_current_gpu, BackendUnavailableError, "no usable NVIDIA driver or GPU"),
        (small_graphs.attention, _with_small_workspace, ResourceError, "workspace is too small"),
    ],
)
def test_a_failure_is_reported_in_one_line_and_leaves_no_plan(
    library: TrtLibrary,
    tmp_path: Path,
    plan: Path,
    monkeypatch: pytest.MonkeyPatch,
    graph: Callable[[Path], EngineRequest],
    configure: Configure,
    kind: type[EdgeAsrError],
    says: str,
) -> None:
    monkeypatch.setattr(engine_build, "set_capabilities", configure)
    with pytest.raises(kind, match=says) as caught:
        build_engine(library, graph(tmp_path / "graph.onnx"), plan, quiet)
    assert "\n" not in str(caught.value)
    assert not plan.exists()


@pytest.mark.parametrize(
    ("number", "kind"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_a_signal_ends_a_build_in_its_step_and_leaves_no_plan(
    library: TrtLibrary,
    tmp_path: Path,
    plan: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    kind: type[BaseException],
) -> None:
    steps: list[bool] = []

    def counting(library: Any, config: Any, on_line: Any, is_stopped: Callable[[], bool]) -> Any:
        def step() -> bool:
            steps.append(is_stopped())
            return steps[-1]

        return watch(library, config, on_line, step)

    monkeypatch.setattr(engine_build, "watch", counting)
    former = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    request = small_graphs.linear(tmp_path / "linear.onnx")
    try:
        with pytest.raises(kind):
            build_engine(library, request, plan, lambda _: os.kill(os.getpid(), number))
    finally:
        signal.signal(signal.SIGTERM, former)
    assert steps == [True]
    assert not plan.exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    steps.clear()
    assert build_engine(library, request, plan, quiet).num_bytes
    assert len(steps) > 1


def test_errors_of_one_build_are_not_reported_by_the_next(
    library: TrtLibrary, tmp_path: Path, plan: Path
) -> None:
    with pytest.raises(GraphError):
        build_engine(library, small_graphs.unknown_operator(tmp_path / "bad.onnx"), plan, quiet)
    missing = replace(small_graphs.linear(tmp_path / "linear.onnx"), graph=tmp_path / "missing.onnx")
    with pytest.raises(GraphError) as caught:
        build_engine(library, missing, plan, quiet)
    assert "MatMulNBits" not in str(caught.value)
    assert build_engine(library, small_graphs.linear(tmp_path / "linear.onnx"), plan, quiet).num_bytes


def test_a_gpu_that_the_library_does_not_build_for_is_refused_with_those_it_does(
    library: TrtLibrary, tmp_path: Path, plan: Path
) -> None:
    request = replace(small_graphs.linear(tmp_path / "linear.onnx"), capabilities=("8.7",))
    with pytest.raises(
        UsageError, match=r"8\.7: tensorrt-rtx .* builds for .*8\.6.*use --target tensorrt on"
    ):
        build_engine(library, request, plan, quiet)


@contextmanager
def small_files() -> Iterator[None]:
    """Limit the size of files, as a full disk does; not for pytest's own log, which may be longer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_plan_that_does_not_fit_the_disk_is_an_error_of_the_disk(
    library: TrtLibrary, tmp_path: Path, plan: Path
) -> None:
    request = small_graphs.linear(tmp_path / "linear.onnx")
    with pytest.raises(OSError, match="File too large"), small_files():
        build_engine(library, request, plan, quiet)
    assert not plan.exists()
