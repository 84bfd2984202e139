"""A gate's figures as they are kept: `gate.json` of a bundle, and the last line of `edge-asr gate --json`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

from edge_bench.gate.bootstrap import CONFIDENCE, RESAMPLES, SEED
from edge_bench.gate.comparison import LanguageDelta
from edge_bench.gate.limits import GateLimits
from edge_bench.gate.verdict import Verdict
from edge_bench.normalize import NORMALIZER
from edge_runtime.bundle import Bundle

GATE_SCHEMA: Final = "edge-asr/gate@1"


@dataclass(frozen=True, slots=True)
class GatedBundle:
    """A bundle that was run.

    Attributes:
        name, target, precision: as its manifest says.
        manifest_sha256: of its manifest. A bundle that holds this record was gated before the record was in
            it, and has another manifest since.
    """

    name: str
    target: str
    precision: str
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class GatedList:
    """The list: its file's name, a digest of the list and its recordings, and how many they are."""

    name: str
    sha256: str
    num_clips: int


@dataclass(frozen=True, slots=True)
class IntervalMethod:
    """How intervals were computed."""

    resamples: int = RESAMPLES
    confidence: float = CONFIDENCE
    seed: int = SEED


@dataclass(frozen=True, slots=True)
class Method(IntervalMethod):
    """How intervals were computed and texts made comparable."""

    normalizer: str = NORMALIZER


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRecord:
    """Everything but the texts, which are not the bundle's to pass on.

    Attributes:
        passed: no limit is missed.
        failures, doubts: see `Verdict`.
        candidate, reference: the bundles.
        corpus: the list.
        limits: what the figures were held to.
        languages: error rates and their differences.
        counts: behaviour → clips that newly show it.
        changed: names of the clips whose text differs.
        method: of the comparison.
    """

    passed: bool
    failures: tuple[str, ...]
    doubts: tuple[str, ...]
    candidate: GatedBundle
    reference: GatedBundle
    corpus: GatedList
    limits: GateLimits
    languages: tuple[LanguageDelta, ...]
    counts: dict[str, int]
    changed: tuple[str, ...]
    method: Method = field(default_factory=Method)
    schema: str = GATE_SCHEMA

    def to_json(self) -> bytes:
        """Return the record as one line of JSON, keys sorted."""
        return msgspec.json.encode(self, order="sorted")


def record(verdict: Verdict, candidate: Bundle, reference: Bundle, corpus: GatedList) -> GateRecord:
    """Write down what was found."""
    comparison = verdict.comparison
    return GateRecord(
        passed=verdict.passed,
        failures=verdict.failures,
        doubts=verdict.doubts,
        candidate=describe(candidate),
        reference=describe(reference),
        corpus=corpus,
        limits=verdict.limits,
        languages=comparison.languages,
        counts={str(name): count for name, count in comparison.counts().items()},
        changed=comparison.ids("changed"),
    )


def describe(bundle: Bundle) -> GatedBundle:
    """Return what a record says of a bundle."""
    manifest = bundle.manifest
    return GatedBundle(manifest.name, manifest.target, manifest.precision, bundle.manifest_sha256)
