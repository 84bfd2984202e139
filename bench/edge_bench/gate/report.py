"""What the report of every gate holds: the verdict, and the bundles and the list that it was reached on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypedDict, TypeVar

import msgspec

from edge_bench.gate.bootstrap import CONFIDENCE, RESAMPLES, SEED
from edge_runtime.bundle.bundle import Bundle

Limits = TypeVar("Limits")


@dataclass(frozen=True, slots=True)
class BundleInfo:
    """A bundle that was run.

    Attributes:
        name, target, precision: as its manifest says.
        manifest_sha256: of its manifest. A bundle that holds this report got it after it was gated, so its
            manifest has changed since.
    """

    name: str
    target: str
    precision: str
    manifest_sha256: str

    @classmethod
    def of(cls, bundle: Bundle) -> BundleInfo:
        """Describe a bundle."""
        manifest = bundle.manifest
        return cls(manifest.name, manifest.target, manifest.precision, bundle.manifest_sha256)


@dataclass(frozen=True, slots=True)
class ListInfo:
    """The list: its file's name, a digest of the list and its recordings, and their number."""

    name: str
    sha256: str
    num_clips: int


@dataclass(frozen=True, slots=True)
class IntervalMethod:
    """How intervals were computed."""

    resamples: int = RESAMPLES
    confidence: float = CONFIDENCE
    seed: int = SEED


class ReportHeader(TypedDict):
    """The fields of `GateReportBase` but the limits."""

    passed: bool
    failures: tuple[str, ...]
    doubts: tuple[str, ...]
    candidate: BundleInfo
    reference: BundleInfo
    corpus: ListInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReportBase(Generic[Limits]):
    """`gate.json` of a bundle, and the last line of `edge-asr gate --json`; a kind adds its figures.

    Attributes:
        passed: no limit is missed.
        failures: see `GateVerdict`.
        doubts: `inconclusive` of `GateVerdict`.
        candidate, reference: the bundles.
        corpus: the list.
        limits: the limits of the candidate.
    """

    passed: bool
    failures: tuple[str, ...]
    doubts: tuple[str, ...]
    candidate: BundleInfo
    reference: BundleInfo
    corpus: ListInfo
    limits: Limits

    def to_json(self) -> bytes:
        """Return the whole report as one line of JSON, keys sorted."""
        return msgspec.json.encode(self, order="sorted")
