"""How an engine of a bundle was built."""

from __future__ import annotations

from typing import Literal

from edge_runtime.bundle.record import Record


class DimRange(Record, frozen=True):
    """Sizes that a dynamic dimension may have in an optimisation profile, and the one it is tuned for."""

    min: int
    opt: int
    max: int


class EngineProfile(Record, frozen=True):
    """One optimisation profile; the index in `EngineRecord.profiles` is its index in the engine."""

    name: str
    dims: dict[str, DimRange]
    """Name of every dynamic dimension of the component's inputs → its range."""


class EngineRecord(Record, frozen=True):
    """How a serialised engine was built: the key by which a stale one is told (`engine_key.py`)."""

    builder: Literal["tensorrt", "tensorrt-rtx"]
    version: str
    """Of the library that built it; another one may refuse it, or run it otherwise."""
    platform: str
    """Operating system and processor, as `linux-x86_64`."""
    compute_capabilities: tuple[str, ...]
    """Of the GPUs it runs on, as `8.7`."""
    gpu: str | None
    """Name of the GPU it was tuned on; None where it was compiled ahead, for any of its capabilities."""
    driver: str | None
    """Newest CUDA version that the driver of that GPU offered, as `13.2`."""
    onnx: dict[str, str]
    """File name → sha256 of the graph and its weights, which are not part of the bundle."""
    profiles: tuple[EngineProfile, ...]
    flags: tuple[str, ...]
    """What else shaped the engine, as `attention=decomposable`; sorted."""
    kv_capacity: int | None
    """Cache rows fixed in the graph; None for a graph without cache."""
    recipe: str
