"""What a gate's record says whatever kind of bundle was judged: of which bundles it is, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from edge_runtime.bundle.bundle import Bundle

Limits = TypeVar("Limits")


@dataclass(frozen=True, slots=True)
class BundleInfo:
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
class ListInfo:
    """The list: its file's name, a digest of the list and its recordings, and how many they are."""

    name: str
    sha256: str
    num_clips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReportBase(Generic[Limits]):
    """A verdict without the figures that it rests on, which each kind of record adds.

    Attributes:
        passed: no limit is missed.
        failures, doubts: see `Verdict` and `AlignerVerdict`.
        candidate, reference: the bundles.
        corpus: the list.
        limits: what the figures were held to.
    """

    passed: bool
    failures: tuple[str, ...]
    doubts: tuple[str, ...]
    candidate: BundleInfo
    reference: BundleInfo
    corpus: ListInfo
    limits: Limits

    def to_json(self) -> bytes:
        """Return the whole record as one line of JSON, keys sorted."""
        return msgspec.json.encode(self, order="sorted")


def describe(bundle: Bundle) -> BundleInfo:
    """Return what a record says of a bundle."""
    manifest = bundle.manifest
    return BundleInfo(manifest.name, manifest.target, manifest.precision, bundle.manifest_sha256)
