"""A gate with an outcome set by the test, and its entry points."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from edge_export.pipeline import gate as gates
from edge_export.pipeline.gate import GATE_NAME
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.bundle.specs import ConfidenceSpec


@dataclass(frozen=True)
class Outcome:
    passed: bool
    summary: str = "gate: wer_en_delta=+0.70"
    failures: tuple[str, ...] = ()
    inconclusive: tuple[str, ...] = ("ten clips cannot tell",)
    document: bytes = b'{"figures": 1}'
    confidence: ConfidenceSpec | None = None

    def within(self, manifest: Manifest) -> Manifest:
        return msgspec.structs.replace(manifest, confidence=self.confidence)


class FakeGate:
    """Returns the outcome set by the test, and records the bundles it judged."""

    def __init__(self) -> None:
        self.outcome = Outcome(passed=True)
        self.openings: list[tuple[Path, str, tuple[str, ...]]] = []
        self.judged: list[tuple[str, Path]] = []

    def __call__(self, corpus: Path, precision: str, limits: tuple[str, ...]) -> FakeGate:
        self.openings.append((corpus, precision, limits))
        return self

    def judge(self, candidate: Path, reference: Path, on_line: object) -> Outcome:
        bundle = open_bundle(candidate)
        assert GATE_NAME not in bundle.manifest.files
        self.judged.append((bundle.manifest.precision, reference))
        return self.outcome

    def is_settled(self, document: bytes, reference: Path) -> bool:
        return self.outcome.passed and document == self.outcome.document

    def fail(self) -> None:
        self.outcome = Outcome(passed=False, failures=("wer_en is outside", "empty: 1 new"))


@dataclass(frozen=True)
class EntryPoint:
    name: str
    loaded: object

    def load(self) -> object:
        if isinstance(self.loaded, Exception):
            raise self.loaded
        return self.loaded


def register(monkeypatch: pytest.MonkeyPatch, **loaded: object) -> None:
    """Install entry points of the group, by name."""
    points = [EntryPoint(*item) for item in loaded.items()]
    monkeypatch.setattr(gates, "entry_points", lambda group: points if group == "edge_asr.gates" else [])
