"""The loaded bundles of a model process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.bundle.manifest import Language
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.serve.model.messages import Load, NamedLanguage, Ready


@dataclass(frozen=True, slots=True)
class Models:
    """What decodes and what aligns.

    Attributes:
        recognizer: decodes.
        aligner: aligns, None where no words get times.
        batch_size: pieces that are decoded together.
    """

    recognizer: Recognizer
    aligner: Aligner | None
    batch_size: int

    @classmethod
    def load(cls, order: Load) -> Models:
        """Load what an order names; raises as `Recognizer.load` does."""
        trust = None if order.trust is None else Path(order.trust)
        recognizer = Recognizer.load(order.model, device=order.device, threads=order.threads, trust=trust)
        aligner = None
        if order.aligner is not None:
            aligner = Aligner.load(order.aligner, device=order.device, threads=order.threads, trust=trust)
        return cls(recognizer, aligner, order.batch_size)

    def ready(self) -> Ready:
        """Describe them."""
        manifest = self.recognizer.bundle.manifest
        aligner = None if self.aligner is None else self.aligner.bundle.manifest
        return Ready(
            model=manifest.name,
            precision=manifest.precision,
            target=manifest.target,
            languages=tuple(map(_named, manifest.languages)),
            aligner=None if aligner is None else aligner.name,
            aligner_languages=() if aligner is None else tuple(map(_named, aligner.languages)),
        )


def _named(language: Language) -> NamedLanguage:
    return NamedLanguage(language.name, language.code)
