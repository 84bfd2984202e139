"""Probe of a bundle: verify its files and load all its graphs. Run in a process of its own."""

from __future__ import annotations

from pathlib import Path

from edge_runtime.backends.registry import engine_environment, open_component
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.trust import read_trust
from edge_runtime.doctor.trials.trial import Trial
from edge_runtime.vad.silero import COMPONENT, SileroVad
from edge_runtime.verification.staleness import require_fresh


def open_graphs(directory: str) -> Trial:
    """Load the graphs of a bundle one after the other and keep them all, as a recognizer does."""
    bundle = open_bundle(Path(directory), trust=read_trust(None))
    manifest, options = bundle.manifest, SessionOptions()
    engines = [name for name, component in manifest.components.items() if component.engine is not None]
    if engines:
        environment = engine_environment(manifest.target, options)
        for name in engines:
            require_fresh(manifest, name, environment, bundle.directory)
    names = sorted({*manifest.components} - {COMPONENT})
    loaded = [SileroVad.of(bundle), *(open_component(bundle, name, options) for name in names)]
    return Trial(outcome="passed", facts={"num_graphs": sum(graph is not None for graph in loaded)})
