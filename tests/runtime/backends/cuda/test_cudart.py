"""Every call of the CUDA runtime, through ctypes into a library of C: arguments, results and errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from ctypes import c_char, string_at
from pathlib import Path
from typing import Any

import pytest

from edge_runtime.backends.cuda import cudart
from edge_runtime.backends.cuda.cudart import Cudart
from edge_runtime.backends.cuda.cudart_library import load_library
from edge_runtime.backends.cuda.prototypes import PROTOTYPES
from edge_runtime.backends.cuda.runtime import Cuda, CudaDevice
from edge_runtime.errors import BackendUnavailableError, DeviceLostError, GraphError, ResourceError

STREAM = 0x7F0000000010
GRAPH = 0x7F0000000020
EXECUTABLE = 0x7F0000000030
LARGE = 5 << 32
"""Does not fit 32 bits: an argument declared as int would be cut."""


@pytest.fixture
def cuda(fake_cudart: Any, fake_cudart_path: str) -> Cudart:
    return Cudart(load_library(fake_cudart_path))


def calls(fake_cudart: Any) -> list[str]:
    return str(fake_cudart.test_calls().decode()).splitlines()


def test_a_device_is_described_from_the_head_of_its_properties_and_its_attributes(cuda: Cuda) -> None:
    described = cuda.describe(1)
    assert described == CudaDevice("Orin", "8.7", 7_600_000_000, "12.6", 16)


def test_a_jetson_shares_its_hosts_memory_and_free_bytes_above_four_gigabytes_arrive_whole(
    cuda: Cudart,
) -> None:
    assert cuda.is_integrated(0)
    assert cuda.free_memory() == 5_000_000_000


CALLS: dict[str, tuple[Callable[[Cuda], Any], Any, str]] = {
    "set_device": (lambda cuda: cuda.set_device(3), None, "cudaSetDevice 3"),
    "create_stream": (lambda cuda: cuda.create_stream(), STREAM, "cudaStreamCreateWithFlags 1"),
    "destroy_stream": (lambda cuda: cuda.destroy_stream(STREAM), None, f"cudaStreamDestroy {STREAM:#x}"),
    "synchronize": (lambda cuda: cuda.synchronize(STREAM), None, f"cudaStreamSynchronize {STREAM:#x}"),
    "begin_capture": (lambda cuda: cuda.begin_capture(STREAM), None, f"cudaStreamBeginCapture {STREAM:#x} 1"),
    "end_capture": (lambda cuda: cuda.end_capture(STREAM), GRAPH, f"cudaStreamEndCapture {STREAM:#x}"),
    "instantiate": (
        lambda cuda: cuda.instantiate(GRAPH),
        EXECUTABLE,
        f"cudaGraphInstantiateWithFlags {GRAPH:#x} 0",
    ),
    "destroy_graph": (lambda cuda: cuda.destroy_graph(GRAPH), None, f"cudaGraphDestroy {GRAPH:#x}"),
    "launch": (
        lambda cuda: cuda.launch(EXECUTABLE, STREAM),
        None,
        f"cudaGraphLaunch {EXECUTABLE:#x} {STREAM:#x}",
    ),
    "destroy_executable": (
        lambda cuda: cuda.destroy_executable(EXECUTABLE),
        None,
        f"cudaGraphExecDestroy {EXECUTABLE:#x}",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_handles_and_constants_arrive_whole(cuda: Cuda, fake_cudart: Any, name: str) -> None:
    call, result, recorded = CALLS[name]
    assert call(cuda) == result
    assert calls(fake_cudart) == [recorded]


def test_sizes_above_four_gigabytes_arrive_whole(cuda: Cuda, fake_cudart: Any) -> None:
    cuda.free(cuda.malloc(LARGE))
    assert calls(fake_cudart) == [f"cudaMalloc {LARGE}", "cudaFree"]


def test_memory_is_filled_and_copied_and_pitches_keep_their_order(cuda: Cuda, fake_cudart: Any) -> None:
    device, pinned = cuda.malloc(24), cuda.host_malloc(6)
    cuda.fill(device, 0x2E, 24, STREAM)
    (c_char * 6).from_address(pinned).raw = b"abcdef"
    cuda.copy_rows(device + 1, 8, pinned, 3, 2, 2, STREAM)
    assert string_at(device, 24) == b".ab......de............."
    cuda.copy(pinned, device + 9, 2, STREAM)
    assert string_at(pinned, 2) == b"de"
    cuda.host_free(pinned)
    cuda.free(device)
    assert calls(fake_cudart)[1:5] == [
        "cudaHostAlloc 6 0",
        f"cudaMemsetAsync 46 24 {STREAM:#x}",
        f"cudaMemcpy2DAsync 8 3 2 2 4 {STREAM:#x}",
        f"cudaMemcpyAsync 2 4 {STREAM:#x}",
    ]


def test_blocks_of_rows_arrive_a_pitch_and_a_spacing_apart(cuda: Cuda, fake_cudart: Any) -> None:
    device, pinned = cuda.malloc(24), cuda.host_malloc(8)
    cuda.fill(device, 0x2E, 24, STREAM)
    (c_char * 8).from_address(pinned).raw = b"abcdefgh"
    cuda.copy_blocks(device + 1, 4, 12, pinned, 2, 2, 2, STREAM)
    assert string_at(device, 24) == b".ab..cd......ef..gh....."
    cuda.host_free(pinned)
    cuda.free(device)
    assert f"cudaMemcpy3DAsync 1 4 0 {STREAM:#x}" in calls(fake_cudart)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(1, GraphError), (2, ResourceError), (100, BackendUnavailableError), (700, DeviceLostError)],
)
def test_a_code_becomes_the_error_that_it_means_and_is_not_left_for_the_next_caller(
    cuda: Cuda, fake_cudart: Any, code: int, kind: type[Exception]
) -> None:
    fake_cudart.test_plant(b"cudaMalloc", code)
    with pytest.raises(kind, match=rf"cudaMalloc gave cudaErrorPlanted \({code}: as planted\)"):
        cuda.malloc(1)
    assert fake_cudart.test_last_error() == 0


ADVICE = [
    (
        False,
        12060,
        r"runtime is 13\.0 \(.*libcudart\.so\.12\), and the driver supports CUDA 12\.6\..*nvidia-smi",
    ),
    (
        False,
        0,
        r"runtime is 13\.0 .*, and no NVIDIA driver is installed\. Check `nvidia-smi`.*for CUDA 13\.0",
    ),
    (True, 12060, r"the driver supports CUDA 12\.6\. Take the CUDA that came with JetPack"),
]


@pytest.mark.parametrize(("jetson", "driver", "advice"), ADVICE)
def test_a_driver_that_is_too_old_is_named_with_both_versions_and_the_way_out_of_this_machine(
    fake_cudart: Any, fake_cudart_path: str, *, jetson: bool, driver: int, advice: str
) -> None:
    fake_cudart.test_versions(13000, driver)
    cuda = Cudart(load_library(fake_cudart_path), jetson=jetson)
    fake_cudart.test_plant(b"cudaSetDevice", 35)
    with pytest.raises(
        BackendUnavailableError, match=rf"^No usable NVIDIA driver or GPU: .*{advice}"
    ) as caught:
        cuda.set_device(0)
    message = str(caught.value)
    assert "\n" not in message
    assert ("nvidia-smi" in message) is not jetson, "a Jetson has none"


def test_every_method_of_the_protocol_is_there() -> None:
    wanted = {name for name in vars(Cuda) if not name.startswith("_")}
    assert wanted <= {name for name in vars(Cudart) if not name.startswith("_")}


def test_the_source_names_no_function_without_a_prototype() -> None:
    text = Path(str(cudart.__file__)).read_text("utf-8")
    assert set(re.findall(r"\bcuda[A-Z]\w+(?=[\"(])", text)) <= set(PROTOTYPES)
