"""Flags that say which bundle runs, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge_runtime.cli import options
from edge_runtime.cli.loading import Model, load_model


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFlags:
    """A bundle and its device."""

    model: options.Model = None
    device: options.Device = "auto"
    threads: options.Threads = 0
    trust: options.Trust = None
    auto_rebuild: options.AutoRebuild = False

    def load(self, kind: type[Model], bundle: Path, *, quiet: bool) -> Model:
        """Load a bundle of one kind or the other; raises as `Recognizer.load` does."""
        return load_model(
            kind,
            bundle,
            device=self.device,
            threads=self.threads,
            trust=self.trust,
            auto_rebuild=self.auto_rebuild,
            quiet=quiet,
        )
