"""TensorRT's messages become one line that says what to do."""

from __future__ import annotations

import pytest

from edge_export.engine.builder.failures import build_error, parse_error
from edge_runtime.errors import BackendUnavailableError, EdgeAsrError, ExitCode, GraphError, ResourceError

DRIVER = (
    "Error Code 1: Cuda Runtime (In ScopedCudaStream at common/cudaStream.cpp:12: cudaError 35: CUDA driver "
    "version is insufficient for CUDA runtime version)"
)
WORKSPACE = "IBuilder: {ForeignNode[a...b]} has no tactics to implement the operation within workspace limit"


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        (DRIVER, BackendUnavailableError, "no usable NVIDIA driver"),
        ("CUDA initialization failure with error: 100", BackendUnavailableError, "no usable NVIDIA driver"),
        ("CUDA initialization failure with error: 2. Please check", ResourceError, "memory ran out"),
        (WORKSPACE, ResourceError, "workspace is too small"),
        (
            "[defaultAllocator.cpp::allocate::74] Error Code 1: Cuda Runtime (out of memory)",
            ResourceError,
            "memory",
        ),
        ("Error Code 2: OutOfMemory (Requested size was 4294967296 bytes.)", ResourceError, "memory ran out"),
        (
            "Error Code 9: Internal Error (model contains HW-specific datatypes: fp8_e4m3)",
            BackendUnavailableError,
            "lacks the precision",
        ),
        (
            "Networks with BF16 precision require hardware with BF16: unsupported",
            BackendUnavailableError,
            "precision",
        ),
        (
            "Target GPU SM 52 is not supported by this TensorRT release.",
            BackendUnavailableError,
            "for that GPU",
        ),
        (
            "Error Code 10: Internal Error (MyelinCheckException: tensor.cpp:1)",
            GraphError,
            "MyelinCheckException",
        ),
    ],
)
def test_a_known_cause_is_reported_with_the_way_out(text: str, kind: type[EdgeAsrError], says: str) -> None:
    error = build_error("decoder", [text])
    assert type(error) is kind
    assert "The decoder engine cannot be built" in str(error)
    assert says in str(error)
    assert "\n" not in str(error)
    assert error.exit_code in (ExitCode.BACKEND, ExitCode.RESOURCES)


def test_the_known_cause_is_reported_even_where_another_text_came_before_it() -> None:
    error = build_error("encoder", ["Error Code 4: graph could not be compiled", WORKSPACE])
    assert isinstance(error, ResourceError)


def test_an_error_of_the_driver_that_follows_another_is_not_the_cause() -> None:
    assert "MyelinCheckException" in str(build_error("decoder", ["MyelinCheckException: x", DRIVER]))
    assert "lacks the precision" in str(build_error("decoder", ["HW-specific datatypes", DRIVER]))


def test_the_first_text_is_reported_where_none_is_known() -> None:
    assert "first." in str(build_error("encoder", ["first", "second"]))
    assert "no reason given" in str(build_error("encoder", []))


def test_a_long_text_of_many_lines_becomes_one_line() -> None:
    message = str(parse_error("encoder", ["node x\n" + "y" * 5000], "10.16"))
    assert "\n" not in message
    assert len(message) < 600
    assert message.endswith("--target ort-cpu.")
