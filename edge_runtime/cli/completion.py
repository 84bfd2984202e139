"""What a shell offers for the value of a flag."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

from edge_runtime.backends.device import Device
from edge_runtime.bundle.manifest import MANIFEST_NAME
from edge_runtime.bundle.manifest_file import peek
from edge_runtime.bundle.shipped import SHIPPED
from edge_runtime.cli.bundles import ENGINES
from edge_runtime.writers import ALL, WRITERS


def bundles(incomplete: str) -> list[str]:
    """Return the folders under `engines/` and the models of the package."""
    folders = (str(path.parent) for path in ENGINES.glob(f"*/{MANIFEST_NAME}"))
    return _fitting(incomplete, (*sorted(folders), *SHIPPED))


def devices(incomplete: str) -> list[str]:
    """Return the devices."""
    return _fitting(incomplete, get_args(Device))


def formats(incomplete: str) -> list[str]:
    """Return the output formats."""
    return _fitting(incomplete, (*WRITERS, ALL))


def choices(values: Iterable[str]) -> Callable[[str], list[str]]:
    """Return what offers the values of a flag that has but these."""
    fixed = tuple(values)

    def offered(incomplete: str) -> list[str]:
        return _fitting(incomplete, fixed)

    return offered


def languages(incomplete: str) -> list[str]:
    """Return the names and codes of languages that the bundles here know."""
    known = sorted({name for path in (*ENGINES.glob("*"), *SHIPPED.values()) for name in _languages(path)})
    return _fitting(incomplete, ("auto", *known))


def _languages(bundle: Path) -> Iterator[str]:
    try:
        manifest: Any = json.loads(peek(bundle) or b"")
        for language in manifest["languages"]:
            yield from (str(name) for name in (language["name"], language["code"]) if name)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return


def _fitting(incomplete: str, values: tuple[str, ...]) -> list[str]:
    return [value for value in values if value.lower().startswith(incomplete.lower())]
