"""The one file of the exporter that imports TensorRT: which library, which version, what it can do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Literal

from edge_runtime.backends.advice import install_advice, package_advice
from edge_runtime.errors import BackendUnavailableError

EngineTarget = Literal["tensorrt", "tensorrt-rtx"]

_PACKAGES: Final[Mapping[EngineTarget, str]] = {"tensorrt": "tensorrt", "tensorrt-rtx": "tensorrt_rtx"}
MIN_VERSIONS: Final[Mapping[EngineTarget, tuple[int, int]]] = {"tensorrt": (10, 3), "tensorrt-rtx": (1, 0)}


@dataclass(frozen=True, slots=True)
class TrtLibrary:
    """A TensorRT library.

    Attributes:
        target: which of the two families.
        module: the imported package; its names differ between versions, so each is looked for before use.
        version: as the package states it.
    """

    target: EngineTarget
    module: Any
    version: str

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version."""
        return release_of(self.version)

    @property
    def compiles_ahead(self) -> bool:
        """Whether engines can be built for GPUs that are not in this machine."""
        return hasattr(self.module.IBuilderConfig, "set_compute_capability")

    @property
    def streams(self) -> bool:
        """Whether an engine can be written while it is serialised, without a whole copy in memory."""
        return hasattr(self.module.Builder, "build_serialized_network_to_stream")


def load_library(target: EngineTarget) -> TrtLibrary:
    """Import the library of a target.

    Raises:
        BackendUnavailableError: it is not installed, cannot be loaded, or is too old.
    """
    name = _PACKAGES[target]
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        raise BackendUnavailableError(
            f"--target {target} needs the Python package {error.name!r}, which is not installed. "
            f"{install_advice(target)}"
        ) from error
    except (ImportError, OSError) as error:  # a missing shared library, by either name
        raise BackendUnavailableError(
            f"--target {target}: the Python package {name!r} cannot be loaded ({error}). "
            f"{package_advice(target)}"
        ) from error
    version = str(module.__version__)
    min_version = MIN_VERSIONS[target]
    if release_of(version) < min_version:
        raise BackendUnavailableError(
            f"--target {target}: {name} {version} is too old, at least "
            f"{min_version[0]}.{min_version[1]} is needed. "
            f"{package_advice(target)}"
        )
    return TrtLibrary(target, module, version)


def release_of(version: str) -> tuple[int, int]:
    """Return major and minor of a version such as `10.16.1.11`."""
    matched = re.match(r"(\d+)\.(\d+)", version)
    assert matched is not None, f"no version: {version!r}"
    return int(matched[1]), int(matched[2])
