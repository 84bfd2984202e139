"""Memory of an engine's inputs and outputs, the cache aside, as sessions of TensorRT allocate it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import TYPE_CHECKING

from edge_runtime.backends.tensors import host_dtype
from edge_runtime.model.kv_memory import DELTA, PAST, PRESENT

if TYPE_CHECKING:
    from edge_runtime.bundle.specs import EngineProfile, TensorSpec


def io_bytes(tensors: Iterable[TensorSpec], profiles: Sequence[EngineProfile]) -> int:
    """Return the bytes on the device of one set of buffers at the largest shapes of all profiles.

    Args:
        tensors: inputs and outputs of the graph. The cache is left out: it has memory of its own.
        profiles: of the engine.
    """
    return sum(max(_bytes(spec, profile) for profile in profiles) for spec in tensors if not _is_cache(spec))


def mirror_bytes(tensors: Iterable[TensorSpec], profiles: Sequence[EngineProfile]) -> int:
    """Return the bytes of the pinned mirror on the host: of all but new cache rows, which never cross."""
    return io_bytes((spec for spec in tensors if spec.name != DELTA), profiles)


def _bytes(spec: TensorSpec, profile: EngineProfile) -> int:
    sizes = (dim if isinstance(dim, int) else profile.dims[dim].max for dim in spec.shape)
    return prod(sizes) * host_dtype(spec).itemsize


def _is_cache(spec: TensorSpec) -> bool:
    return spec.name.startswith((PAST, PRESENT))
