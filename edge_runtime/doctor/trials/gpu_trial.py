"""Probe of CUDA and the GPUs, run in a process of its own."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import msgspec

from edge_runtime.backends.cuda.arena import Arena
from edge_runtime.backends.cuda.cudart import Cudart, format_version
from edge_runtime.backends.cuda.cudart_library import CudartLibrary, choose_library, library_paths
from edge_runtime.backends.cuda.jetson import is_jetson
from edge_runtime.backends.cuda.stream import Stream
from edge_runtime.doctor.report import CudaVersions, Gpu
from edge_runtime.doctor.trials.trial import Trial
from edge_runtime.errors import EdgeAsrError

_MAX_GPUS: Final = 16


class CudaFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the probe learns."""

    versions: CudaVersions
    is_supported: bool
    """Whether the driver supports the CUDA runtime."""
    gpus: tuple[Gpu, ...] = ()


def describe_gpus() -> Trial:
    """Write to the memory of each GPU and describe it; the libraries are described without one, too."""
    library = choose_library(library_paths())
    facts = CudaFacts(versions=_versions(library), is_supported=library.is_supported)
    cuda = Cudart(library, jetson=is_jetson())
    try:
        gpus = [_describe(cuda, 0)]
    except EdgeAsrError as error:
        return Trial(outcome="failed", reason=str(error), facts=msgspec.to_builtins(facts))
    with suppress(EdgeAsrError):
        gpus.extend(_describe(cuda, number) for number in range(1, _MAX_GPUS))
    facts = msgspec.structs.replace(facts, gpus=tuple(gpus))
    return Trial(outcome="passed", version=facts.versions.runtime, facts=msgspec.to_builtins(facts))


def _versions(library: CudartLibrary) -> CudaVersions:
    driver = format_version(library.driver) if library.driver else None
    return CudaVersions(runtime=format_version(library.runtime), driver=driver, library=library.path)


def _describe(cuda: Cudart, number: int) -> Gpu:
    cuda.set_device(number)
    stream = Stream(cuda)
    arena = Arena(cuda.malloc, cuda.free, {"": 1})
    cuda.fill(arena.address(""), 0, 1, stream.handle)
    stream.synchronize()
    device = cuda.describe(number)
    return Gpu(
        name=device.name,
        compute_capability=device.compute_capability,
        memory=device.memory,
        free_memory=cuda.free_memory(),
        unified=cuda.is_integrated(number),
        multiprocessors=device.multiprocessors,
    )
