"""The declared argument types are those of the documented prototypes, and of the headers found here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint, c_ulonglong, c_void_p
from pathlib import Path
from typing import Any

import pytest

from edge_runtime.backends.cuda.cudart import Cudart, load_cuda
from edge_runtime.backends.cuda.cudart_library import library_paths, load_library
from edge_runtime.backends.cuda.prototypes import PROTOTYPES, result_type
from edge_runtime.errors import BackendUnavailableError

DOCUMENTED = Path(__file__).parent / "fake_cudart.c"
HANDLES = ("cudaStream_t", "cudaGraph_t", "cudaGraphExec_t")
TYPES: dict[str, Any] = {
    "int*": POINTER(c_int),
    "size_t*": POINTER(c_size_t),
    "int": c_int,
    "cudaError_t": c_int,
    "enum": c_int,
    "size_t": c_size_t,
    "unsigned int": c_uint,
    "unsigned long long": c_ulonglong,
    "void*": c_void_p,
    "struct*": c_void_p,
    **dict.fromkeys(HANDLES, c_void_p),
    **dict.fromkeys(("void**", *(f"{handle}*" for handle in HANDLES)), POINTER(c_void_p)),
}
RESULTS = {"cudaError_t": c_int, "char*": c_char_p}
FOUND = [path for path in library_paths() if "/" in path]


def prototypes(text: str) -> Iterator[tuple[str, Any, tuple[Any, ...]]]:
    """Yield name, type of the result and types of the arguments of each function of a C file."""
    pattern = r"(cudaError_t|const char\s*\*)\s*(?:CUDARTAPI\s+)?(cuda[A-Z]\w+)\(([^)]*)\)\s*[{;]"
    for result, name, arguments in re.findall(pattern, text):
        if name in PROTOTYPES:
            types = tuple(TYPES[_c_type(argument)] for argument in arguments.split(",") if argument != "void")
            yield name, RESULTS[_c_type(f"{result} x")], types


def _c_type(argument: str) -> str:
    """Return the type of a C argument in one spelling, without its name and `const`."""
    words = re.sub(r"__dv\(.*|\bconst\b", "", argument).replace("*", " * ").split()
    stars, names = words.count("*"), [word for word in words if word != "*"][:-1]
    if names[0] in ("enum", "struct"):
        names = names[:1]
    return " ".join(names) + "*" * stars


def test_argument_types_are_those_of_the_documented_prototypes() -> None:
    documented = {name: (result, types) for name, result, types in prototypes(DOCUMENTED.read_text("utf-8"))}
    assert documented.keys() == PROTOTYPES.keys()
    assert documented == {name: (result_type(name), types) for name, types in PROTOTYPES.items()}


@pytest.mark.parametrize("path", FOUND)
def test_a_real_library_has_every_function_with_these_types(path: str) -> None:
    library = load_library(path)
    assert library.runtime >= 11_000
    headers = [
        header
        for folder in list(Path(path).parents)[:4]
        for header in folder.glob("include/cuda_runtime_api.h")
    ]
    if not headers:
        pytest.skip("the library has no header beside it")
    # Defaults of C++ arguments have braces of their own.
    text = re.sub(r"__dv\([^)]*\)|__device_builtin__|__cudart_builtin__", "", headers[0].read_text("utf-8"))
    stated = {name: (result, types) for name, result, types in prototypes(text)}
    assert stated == {name: (result_type(name), types) for name, types in PROTOTYPES.items()}


@pytest.mark.parametrize("path", FOUND)
def test_a_real_library_without_a_gpu_is_one_clear_error(path: str) -> None:
    library = load_library(path)
    if library.driver:
        pytest.skip("there is a driver")
    stated = r"cudaGetDeviceProperties gave cudaError\w+ \(\d+: .*runtime is 1[1-9]\.\d .*no NVIDIA driver"
    with pytest.raises(BackendUnavailableError, match=stated) as caught:
        Cudart(library).describe(0)
    assert "\n" not in str(caught.value)


@pytest.mark.gpu
def test_the_gpu_of_this_machine_is_described() -> None:
    try:
        device = load_cuda().describe(0)
    except BackendUnavailableError as error:
        pytest.skip(str(error))
    assert device.name.isprintable()
    assert device.memory > 1 << 30
    assert re.fullmatch(r"\d+\.\d+", device.compute_capability)
