"""What a build is told by a gate of either kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from edge_bench.gate.report_base import KeptVerdict


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


def outcome(summary: str, record: KeptVerdict[Any]) -> GateOutcome:
    """Return what a build is told of a record.

    Args:
        summary: of the verdict that was written down.
        record: the figures; people will read them in the bundle, so they are spread over lines.
    """
    document = msgspec.json.format(record.to_json(), indent=2) + b"\n"
    return GateOutcome(record.passed, summary, record.failures, record.doubts, document)
