"""The gate of a build, whatever kind of bundle it judges: its limits, its run, its outcome.

`edge_export.pipeline.gate` says what a build asks of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

import msgspec

from edge_bench.gate.report_base import GateReportBase, Limits, ListInfo, describe
from edge_runtime.bundle.bundle import Bundle, read_manifest
from edge_runtime.errors import UsageError


@dataclass(frozen=True, slots=True)
class BuildGate(Generic[Limits]):
    """A gate for bundles of one kind and precision.

    Attributes:
        run: lets a candidate and a reference hear the list, and judges the candidate.
        report_type: what is kept of it.
        corpus: the list, as a record describes it.
        limits: what a candidate is held to.
    """

    run: Callable[[Bundle, Bundle, Callable[[str], None]], GateOutcome]
    report_type: type[GateReportBase[Limits]]
    corpus: ListInfo
    limits: Limits

    def judge(self, candidate: Path, reference: Path, on_line: Callable[[str], None]) -> GateOutcome:
        """Run both bundles and judge the candidate.

        Raises:
            EdgeAsrError: one of them cannot be run here, or a clip cannot be used.
        """
        return self.run(read_manifest(candidate), read_manifest(reference), on_line)

    def is_settled(self, document: bytes, reference: Path) -> bool:
        """Tell whether a record is of a passed gate with this list, these limits and this reference."""
        try:
            stored = msgspec.json.decode(document, type=self.report_type)
        except msgspec.MsgspecError:
            return False  # of another version: it is gated again
        return stored.passed and (stored.corpus, stored.limits, stored.reference) == (
            self.corpus,
            self.limits,
            describe(read_manifest(reference)),
        )


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """What a build is told.

    Attributes:
        passed: the bundle is inside its gate.
        summary: the figures in one line.
        failures: what is outside, a sentence each.
        inconclusive: what the list was too short to show, a sentence each.
        document: the figures as JSON, to become part of the bundle.
    """

    passed: bool
    summary: str
    failures: tuple[str, ...]
    inconclusive: tuple[str, ...]
    document: bytes


def outcome(summary: str, record: GateReportBase[Any]) -> GateOutcome:
    """Return what a build is told of a record.

    Args:
        summary: of the verdict that was written down.
        record: the figures; people will read them in the bundle, so they are spread over lines.
    """
    document = msgspec.json.format(record.to_json(), indent=2) + b"\n"
    return GateOutcome(record.passed, summary, record.failures, record.doubts, document)


def read_limits(
    limit_args: Sequence[str], names: Sequence[str], is_sound: Callable[[str, float], bool], complaint: str
) -> dict[str, float]:
    """Return the limits by name; the last one of a name counts.

    Args:
        limit_args: NAME=VALUE.
        names: those that there are.
        is_sound: whether a limit of a name may have a value, NaN where it is no number.
        complaint: what is said of a text that is no limit, behind the text itself.

    Raises:
        UsageError: a text is no such limit.
    """
    limits = {}
    for text in limit_args:
        name, _, value_text = text.partition("=")
        try:
            value = float(value_text)
        except ValueError:
            value = math.nan
        if name not in names or not is_sound(name, value):
            raise UsageError(f"{text!r} {complaint}")
        limits[name] = value
    return limits
