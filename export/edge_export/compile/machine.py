"""Whether this machine can compile a portable bundle, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from edge_export.engine.builder.library import load_library
from edge_export.engine.builder.lowering import FIRST_MODERN
from edge_export.engine.gpu import find_gpu
from edge_export.engine.machine import EngineMachine
from edge_export.pipeline.resources import machine_memory
from edge_runtime.errors import BackendUnavailableError, ResourceError

if TYPE_CHECKING:
    from pathlib import Path

    from edge_runtime.bundle.portable import PortableBundle

_GB: Final = 1e9
_ADVICE: Final = (
    "Stop other programs and the desktop (`sudo systemctl isolate multi-user.target`), or add swap"
)


def this_machine() -> EngineMachine:
    """Describe library and GPU of this machine.

    Raises:
        BackendUnavailableError: TensorRT is not installed or too old, or there is no GPU.
    """
    library = load_library("tensorrt")
    return EngineMachine("tensorrt", library.version, find_gpu(), library)


def require_library(portable: PortableBundle, machine: EngineMachine) -> None:
    """Refuse a library whose parser does not know the graphs.

    Raises:
        BackendUnavailableError: with both versions and the command that makes a fitting bundle.
    """
    lowerings = {component.lowering for component in portable.graphs.manifest.components.values()}
    if "modern" not in lowerings or machine.release >= FIRST_MODERN:
        return
    major, minor = machine.release
    assert machine.gpu is not None, "engines are compiled where their GPU is"
    raise BackendUnavailableError(
        f"{portable.graphs.directory}: its graphs are for TensorRT {portable.spec.library} "
        f"({'.'.join(map(str, FIRST_MODERN))} or later), TensorRT {machine.version} is installed. "
        f"Make another bundle on the PC with `--tensorrt {major}.{minor} --sm "
        f"{machine.gpu.compute_capability}`."
    )


def fitting(portable: PortableBundle) -> tuple[PortableBundle, ...]:
    """Return the precisions whose engines this machine has the memory to compile.

    Raises:
        ResourceError: it has it for none; with both figures.
    """
    total, _ = machine_memory()
    fit = tuple(each for each in portable.candidates if each.spec.build_memory <= total)
    if not fit:
        needed = min(each.spec.build_memory for each in portable.candidates)
        raise ResourceError(
            f"{portable.graphs.directory}: compiling needs about {needed / _GB:.1f} GB "
            f"of memory, this machine has {total / _GB:.1f} GB. Make another bundle on the PC, with a lower "
            f"--precision."
        )
    return fit


def doubts(portable: PortableBundle, machine: EngineMachine) -> Iterator[str]:
    """Yield what may make engines slow or the compiler fail."""
    spec, gpu = portable.spec, machine.gpu
    assert gpu is not None, "engines are compiled where their GPU is"
    if ".".join(map(str, machine.release)) != spec.library:
        yield (
            f"the graphs were written for TensorRT {spec.library}, {machine.version} is installed: graphs "
            f"written for it may be faster"
        )
    if gpu.compute_capability != spec.compute_capability:
        yield (
            f"recipe {spec.recipe} is for compute capability {spec.compute_capability}, the GPU here has "
            f"{gpu.compute_capability}"
        )
    _, available = machine_memory()
    if spec.build_memory > available:
        yield (
            f"compiling needs about {spec.build_memory / _GB:.1f} GB of memory, {available / _GB:.1f} GB are "
            f"free now: it may be slow or be stopped. {_ADVICE}"
        )


def stopped_compiler(component: str, directory: Path) -> ResourceError:
    """Return the error for a compiler that the system ended."""
    return ResourceError(
        f"{directory}: the process that compiled the {component} engine was stopped, most likely because "
        f"memory ran out. {_ADVICE}, and run the same command again: finished engines are kept."
    )
