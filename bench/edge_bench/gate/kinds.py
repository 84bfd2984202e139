"""The gates, by the kind of bundle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from edge_bench.gate.aligner.kind import ALIGNER_GATE
from edge_bench.gate.asr.kind import ASR_GATE
from edge_bench.gate.kind import GateKind
from edge_runtime.bundle.manifest import Kind

KINDS: Final[Mapping[Kind, GateKind[Any, Any, Any]]] = {"asr": ASR_GATE, "aligner": ALIGNER_GATE}
