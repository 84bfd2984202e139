"""What a build is told by a gate of either kind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """What a build is told.

    Attributes:
        passed: the bundle is inside its gate.
        summary: the figures in one line.
        failures: what is outside, a sentence each.
        doubts: what the list was too short to show, a sentence each.
        document: the figures as JSON, to become part of the bundle.
    """

    passed: bool
    summary: str
    failures: tuple[str, ...]
    doubts: tuple[str, ...]
    document: bytes
