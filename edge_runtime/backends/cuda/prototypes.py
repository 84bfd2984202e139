"""The functions of libcudart that the runtime calls, with the types of their arguments.

Source: https://docs.nvidia.com/cuda/cuda-runtime-api/, and cuda_runtime_api.h of CUDA 11.8, 12.9 and 13.5,
which agree on all of them. Handles (`cudaStream_t`, `cudaGraph_t` …) are pointers, enumerations are int.
"""

from __future__ import annotations

from collections.abc import Mapping
from ctypes import POINTER, Structure, c_char_p, c_int, c_size_t, c_uint, c_ulonglong, c_void_p
from typing import Any, Final

_OUT: Final = POINTER(c_void_p)
_OUT_INT: Final = POINTER(c_int)


class PitchedPointer(Structure):
    """`cudaPitchedPtr`: rows of xsize bytes, a pitch apart, ysize of them in a slice."""

    _fields_ = (("pointer", c_void_p), ("pitch", c_size_t), ("xsize", c_size_t), ("ysize", c_size_t))


class Memcpy3D(Structure):
    """`cudaMemcpy3DParms`: bytes between two pitched pointers where no side is an array."""

    _fields_ = (
        ("source_array", c_void_p),
        ("source_position", c_size_t * 3),
        ("source", PitchedPointer),
        ("target_array", c_void_p),
        ("target_position", c_size_t * 3),
        ("target", PitchedPointer),
        ("extent", c_size_t * 3),
        ("kind", c_int),
    )


PROTOTYPES: Final[Mapping[str, tuple[Any, ...]]] = {
    "cudaRuntimeGetVersion": (_OUT_INT,),
    "cudaDriverGetVersion": (_OUT_INT,),
    "cudaGetLastError": (),
    "cudaGetErrorName": (c_int,),
    "cudaGetErrorString": (c_int,),
    "cudaGetDeviceProperties": (c_void_p, c_int),
    "cudaDeviceGetAttribute": (_OUT_INT, c_int, c_int),
    "cudaMemGetInfo": (POINTER(c_size_t), POINTER(c_size_t)),
    "cudaSetDevice": (c_int,),
    "cudaMalloc": (_OUT, c_size_t),
    "cudaFree": (c_void_p,),
    "cudaHostAlloc": (_OUT, c_size_t, c_uint),
    "cudaFreeHost": (c_void_p,),
    "cudaStreamCreateWithFlags": (_OUT, c_uint),
    "cudaStreamDestroy": (c_void_p,),
    "cudaStreamSynchronize": (c_void_p,),
    "cudaMemcpyAsync": (c_void_p, c_void_p, c_size_t, c_int, c_void_p),
    "cudaMemcpy2DAsync": (
        c_void_p,
        c_size_t,
        c_void_p,
        c_size_t,
        c_size_t,
        c_size_t,
        c_int,
        c_void_p,
    ),
    "cudaMemcpy3DAsync": (c_void_p, c_void_p),
    "cudaMemsetAsync": (c_void_p, c_int, c_size_t, c_void_p),
    "cudaStreamBeginCapture": (c_void_p, c_int),
    "cudaStreamEndCapture": (c_void_p, _OUT),
    # cudaGraphInstantiate has other arguments in CUDA 11 than in CUDA 12; this one is from 11.4 on.
    "cudaGraphInstantiateWithFlags": (_OUT, c_void_p, c_ulonglong),
    "cudaGraphDestroy": (c_void_p,),
    "cudaGraphLaunch": (c_void_p, c_void_p),
    "cudaGraphExecDestroy": (c_void_p,),
}
"""Function → types of its arguments."""

_RETURNS_TEXT: Final = frozenset({"cudaGetErrorName", "cudaGetErrorString"})


def result_type(function: str) -> Any:
    """Return the type that a function returns: text, or a `cudaError_t`."""
    return c_char_p if function in _RETURNS_TEXT else c_int
