"""Silero's graph, as bundles hold it."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from pathlib import Path

from edge_runtime.opened_file import open_file
from edge_runtime.vad.silero import SileroVad
from edge_runtime.vad.silero_network import SileroNetwork


def silero_graph() -> Path:
    """Return the file of the package."""
    package = metadata.distribution("silero-vad")
    return Path(str(package.locate_file("silero_vad/data/silero_vad_16k_sequence.onnx")))


@cache
def silero_network() -> SileroNetwork:
    """Return its network."""
    return SileroNetwork.read(open_file(silero_graph(), is_ours=True))


@cache
def silero_vad() -> SileroVad:
    """Return a detector with it."""
    return SileroVad(silero_network())
