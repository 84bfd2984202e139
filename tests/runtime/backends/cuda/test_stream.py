"""A recorded graph runs as it was enqueued, and a recording that fails leaves the stream usable."""

from __future__ import annotations

import gc
from ctypes import c_char, string_at

import pytest

from edge_runtime.backends.cuda.stream import CudaGraph, Stream
from edge_runtime.errors import GraphError
from tests.support.fake_cuda import FakeCuda


class RefusedLayerError(Exception):
    """Of whoever enqueues."""


@pytest.fixture
def cuda() -> FakeCuda:
    return FakeCuda()


def test_each_launch_copies_what_the_source_holds_then(cuda: FakeCuda) -> None:
    stream, source, target = Stream(cuda), cuda.host_malloc(4), cuda.host_malloc(4)
    graph = CudaGraph(cuda, stream.handle, lambda: stream.copy(target, source, 4))
    for content in (b"once", b"more"):
        (c_char * 4).from_address(source).raw = content
        graph.launch()
        stream.synchronize()
        assert string_at(target, 4) == content


def refuse() -> None:
    raise RefusedLayerError


def test_the_error_of_what_is_recorded_is_raised_and_the_stream_leaves_capture_mode(cuda: FakeCuda) -> None:
    stream = Stream(cuda)
    with pytest.raises(RefusedLayerError):
        CudaGraph(cuda, stream.handle, refuse)
    assert cuda.capturing is None
    assert not cuda.graphs, "what was recorded until then is destroyed"
    stream.synchronize()


def test_the_first_error_is_raised_where_leaving_capture_mode_fails_too(cuda: FakeCuda) -> None:
    stream = Stream(cuda)
    with pytest.raises(GraphError, match="malloc"):
        # Invalidates the capture, so that its end fails as well.
        CudaGraph(cuda, stream.handle, lambda: cuda.malloc(1) and None)
    assert cuda.calls["end_capture"] == 1


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(cuda: FakeCuda, *, enabled: bool) -> None:
    stream = Stream(cuda)
    states = []
    (gc.enable if enabled else gc.disable)()
    try:
        CudaGraph(cuda, stream.handle, lambda: states.append(gc.isenabled()))
        assert states == [False], "a finalizer that frees memory would spoil the capture"
        assert gc.isenabled() is enabled
    finally:
        gc.enable()
