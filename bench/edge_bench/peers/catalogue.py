"""The peers by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from edge_bench.peers.peer import Peer, Settings

OURS: Final = "edge-asr"


@dataclass(frozen=True, slots=True)
class Entry:
    """The module of a peer, and the variant of its weights.

    Attributes:
        module: in this package; only workers import it, since it imports the peer.
        variant: of its weights; "" where there is only one.
    """

    module: str
    variant: str = ""


PEERS: Final[Mapping[str, Entry]] = {
    "antirez": Entry("antirez"),
    "llama.cpp q4_0": Entry("llama", "q4_0"),
    "llama.cpp q4_0 pure": Entry("llama", "q4_0 pure"),
    "llama.cpp q8_0": Entry("llama", "q8_0"),
    "transformers bf16": Entry("reference", "bfloat16"),
    "transformers fp32": Entry("reference", "float32"),
    "sherpa-onnx": Entry("sherpa"),
}


def make(name: str, settings: Settings) -> Peer:
    """Make a peer.

    Raises:
        ModuleNotFoundError: its Python package is not installed in this interpreter.
    """
    entry = Entry("ours") if name == OURS else PEERS[name]
    module = import_module(f"edge_bench.peers.{entry.module}")
    peer: Peer = module.make(settings, entry.variant)
    return peer
