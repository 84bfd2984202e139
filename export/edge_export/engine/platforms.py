"""Machines that engines are compiled on later: systems with a known TensorRT, or a version and a GPU."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge_export.engine.builder.library import MIN_VERSIONS, release_of
from edge_export.engine.capability import parse_capabilities
from edge_export.engine.machine import EngineMachine
from edge_export.engine.recipes.recipe import load_recipe, shipped_recipes
from edge_export.engine.recipes.recipe_choice import GENERIC
from edge_runtime.backends.cuda.runtime import CudaDevice
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Platform:
    """Where a portable bundle is to be compiled.

    Attributes:
        name: as in the bundle's folder.
        version: of TensorRT, as `10.3`.
        capability: compute capability of the GPU, as `8.7`.
    """

    name: str
    version: str
    capability: str


_VERSION: Final = re.compile(r"\d+\.\d+(\.\d+)*$")
_ORIN, _THOR = "8.7", "11.0"
PLATFORMS: Final[Mapping[str, Platform]] = {
    name: Platform(name, version, capability)
    for name, version, capability in (
        ("jetpack-6.1", "10.3", _ORIN),
        ("jetpack-6.2", "10.3", _ORIN),
        ("jetpack-7.0", "10.13", _THOR),
        ("jetpack-7.1", "10.13", _THOR),
        # For Orin and Thor; --sm 11.0 names Thor.
        ("jetpack-7.2", "10.16", _ORIN),
    )
}
"""Name → platform. Source: release notes of JetPack 6.1, 6.2, 7.0, 7.1 and 7.2."""


def find_platform(name: str | None, version: str | None, capability: str | None) -> Platform | None:
    """Return the platform of `--for`, `--tensorrt` and `--sm`; None where none of them is given.

    Raises:
        UsageError: the name is unknown, a value is malformed or too old, or one is missing.
    """
    if name is None and version is None and capability is None:
        return None
    if name is not None and name not in PLATFORMS:
        raise UsageError(
            f"--for {name!r} is unknown; choose {', '.join(PLATFORMS)}, or name --tensorrt and --sm."
        )
    known = PLATFORMS[name] if name is not None else None
    if known is not None:
        version, capability = version or known.version, capability or known.capability
    if version is None or capability is None:
        raise UsageError("--tensorrt and --sm go together, as --tensorrt 10.3 --sm 8.7; or name --for alone.")
    if not _VERSION.match(version):
        raise UsageError(f"--tensorrt {version!r} is no version; write for example 10.3.")
    release, (capability, *others) = release_of(version), parse_capabilities([capability])
    if others:
        raise UsageError("--sm takes one GPU: a recipe is for one.")
    if release < MIN_VERSIONS["tensorrt"]:
        oldest = ".".join(map(str, MIN_VERSIONS["tensorrt"]))
        raise UsageError(f"--tensorrt {version} is too old, at least {oldest} is needed.")
    if name is None:
        name = f"tensorrt-{release[0]}.{release[1]}-sm{capability.replace('.', '')}"
    elif known is not None and capability != known.capability:
        name = f"{name}-sm{capability.replace('.', '')}"
    return Platform(name, f"{release[0]}.{release[1]}", capability)


def machine_of(platform: Platform, recipe: str | None) -> tuple[EngineMachine, str]:
    """Return the machine of a platform and the recipe for it.

    Args:
        platform: where engines are compiled.
        recipe: name or path; None takes that of the smallest device of the platform, which all others hold.
    """
    name = recipe or _smallest(platform.capability)
    memory = round(load_recipe(name).memory_gb * 1e9)
    gpu = CudaDevice("", platform.capability, memory, "")
    return EngineMachine("tensorrt", platform.version, gpu), name


def _smallest(capability: str) -> str:
    recipes = {name: recipe for name, recipe in shipped_recipes().items() if recipe.target == "tensorrt"}
    own = [name for name, recipe in recipes.items() if capability in recipe.compute_capabilities]
    return min(own, key=lambda name: recipes[name].memory_gb, default=GENERIC)
