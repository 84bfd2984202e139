"""Figures of one bundle that stand in its manifest, since models differ in them."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from edge_runtime.bundle.manifest import Manifest
from edge_runtime.bundle.specs import CommitSpec, ConfidenceSpec, MatchSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured on a list.

    Attributes:
        confidence: of a recognizer's texts, None where the list cannot tell.
        match: of an aligner's right texts, likewise.
        commit: when words of live text become stable.
        doubts: why something is None, a sentence each.
    """

    confidence: ConfidenceSpec | None = None
    match: MatchSpec | None = None
    commit: CommitSpec | None = None
    doubts: tuple[str, ...] = ()

    def within(self, manifest: Manifest) -> Manifest:
        """Return a manifest with the figures; what was not measured stays as it is."""
        if self.confidence is not None:
            manifest = msgspec.structs.replace(manifest, confidence=self.confidence)
        if self.match is not None:
            aligner = msgspec.structs.replace(manifest.require_aligner(), match=self.match)
            manifest = msgspec.structs.replace(manifest, aligner=aligner)
        if self.commit is not None:
            manifest = msgspec.structs.replace(manifest, commit=self.commit)
        return manifest

    def summary(self) -> str:
        """Return the figures as one line, NAME=VALUE."""
        specs = (spec for spec in (self.confidence, self.match, self.commit) if spec is not None)
        return " ".join(
            f"{name}={value:g}" for spec in specs for name, value in msgspec.structs.asdict(spec).items()
        )
