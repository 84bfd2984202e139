"""Compute capabilities: what GPUs an engine is compiled for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge_export.engine.builder.library import TrtLibrary

_CAPABILITY_PATTERN: Final = re.compile(r"(?:sm_?)?(\d{1,2})\.?(\d)$", re.IGNORECASE)


def parse_capabilities(requested: Iterable[str]) -> tuple[str, ...]:
    """Read compute capabilities such as `8.6`, `86` or `SM86`, several in one word split by comma or space.

    Returns:
        Each once, in numeric order, as `8.6`.

    Raises:
        UsageError: a word is not a compute capability.
    """
    words = [word for text in requested for word in re.split(r"[,\s]+", text) if word]
    return tuple(f"{major}.{minor}" for major, minor in sorted({_parse(word) for word in words}))


def set_capabilities(library: TrtLibrary, config: Any, capabilities: tuple[str, ...]) -> None:
    """Tell a builder which GPUs to compile for.

    Raises:
        UsageError: the library does not know one of them.
    """
    members = library.module.ComputeCapability.__members__
    config.num_compute_capabilities = len(capabilities)
    for index, capability in enumerate(capabilities):
        name = _member(capability)
        if name not in members:
            supported = ", ".join(
                _format_capability(member) for member in members if _CAPABILITY_PATTERN.match(member)
            )
            raise UsageError(
                f"--compute-capability {capability}: {library.target} {library.version} builds for "
                f"{supported}. "
                f"For other GPUs, as those of Jetson modules, use --target tensorrt on the device."
            )
        config.set_compute_capability(members[name], index)


def _parse(word: str) -> tuple[int, int]:
    matched = _CAPABILITY_PATTERN.match(word)
    if matched is None:
        raise UsageError(f"--compute-capability {word!r} is none; write for example 8.6 8.9 12.0.")
    return int(matched[1]), int(matched[2])


def _member(capability: str) -> str:
    return "SM" + capability.replace(".", "")


def _format_capability(member: str) -> str:
    return ".".join(map(str, _parse(member)))
