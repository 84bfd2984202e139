"""Probes of ONNX Runtime, run in a process of their own."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from edge_runtime.backends.registry import engine_environment, probe_target
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.manifest import Target
from edge_runtime.doctor.trials.trial import Trial

_SESSION: Final = "edge_runtime.backends.ort.session"


def run_graph(target: Target) -> Trial:
    """Run a graph of one node with float32 numbers."""
    options = SessionOptions(threads=1)
    probe_target(target, options)
    return Trial(outcome="passed", version=engine_environment(target, options).version)


def run_codes() -> Trial:
    """Multiply eight-bit codes whose sums saturate where a processor or a release cannot add them exactly."""
    session: Any = import_module(_SESSION)
    product, exact = session.multiply_codes()
    if product == exact:
        return Trial(outcome="passed")
    return Trial(
        outcome="failed", reason=f"A sum of eight-bit products is {product:g} and should be {exact:g}."
    )
