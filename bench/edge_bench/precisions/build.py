"""The builds that are scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ScoredBuild:
    """One way to build a checkpoint.

    Attributes:
        precision: as of `--precision`.
        lowering: as of `--lowering`; None for the precision's default.
        is_calibrated: whether it needs recordings.
    """

    precision: str
    lowering: str | None = None
    is_calibrated: bool = False

    @property
    def name(self) -> str:
        """Its name in tables."""
        return f"{self.precision}, {self.lowering}" if self.lowering else self.precision

    @property
    def options(self) -> tuple[str, ...]:
        """Its options of `edge-asr build-engines` and of `edge_export.tuning.layers`."""
        lowering = ("--lowering", self.lowering) if self.lowering else ()
        return ("--precision", self.precision, *lowering)


REFERENCE: Final = ScoredBuild("fp32")
BUILDS: Final = (
    ScoredBuild("fp16"),
    ScoredBuild("int8", "ort"),
    ScoredBuild("int8", "modern"),
    ScoredBuild("int8-w8a8", is_calibrated=True),
    ScoredBuild("int4", "ort"),
    ScoredBuild("int4", "modern"),
)
