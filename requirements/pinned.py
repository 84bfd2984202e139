"""Reads files of pinned requirements with hashes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement


@dataclass(frozen=True)
class Pin:
    """One package at one version.

    Attributes:
        name: of the package.
        version: pinned.
        marker: where it is installed, empty for everywhere.
        hashes: SHA-256 of each of its files.
    """

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def read_pins(path: Path) -> list[Pin]:
    """Return the pins of a file that uv has written."""
    text = path.read_text("utf-8").replace("\\\n", " ")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [_pin(line) for line in lines if line]


def _pin(line: str) -> Pin:
    requirement, *hashes = line.split("--hash=")
    parsed = Requirement(requirement.strip())
    (specifier,) = parsed.specifier
    assert specifier.operator == "==", f"{line}: no exact version"
    found = tuple(each.strip().removeprefix("sha256:") for each in hashes)
    return Pin(parsed.name, specifier.version, str(parsed.marker or ""), found)
