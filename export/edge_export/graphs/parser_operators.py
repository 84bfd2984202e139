"""Operators of the ONNX parser of the oldest supported TensorRT; later parsers support more."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from edge_runtime.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import onnx_ir

_NAME: Final = "tensorrt_10_3_operators.json"


@dataclass(frozen=True, slots=True)
class ParserOperators:
    """Operators of one parser.

    Attributes:
        tensorrt: its version.
        opsets: oldest and newest supported opset.
        dtypes: operator → supported dtypes.
    """

    tensorrt: str
    opsets: tuple[int, int]
    dtypes: Mapping[str, frozenset[str]]

    def require(self, model: onnx_ir.Model) -> None:
        """Check a graph's opset and operators.

        Raises:
            GraphError: the parser would refuse it.
        """
        version = model.opset_imports[""]
        if not self.opsets[0] <= version <= self.opsets[1]:
            raise GraphError(
                self._unsupported(model, f"opset {version}", f"{self.opsets[0]} to {self.opsets[1]}")
            )
        unknown = sorted({node.op_type for node in model.graph} - self.dtypes.keys())
        if unknown:
            raise GraphError(self._unsupported(model, ", ".join(unknown), f"{len(self.dtypes)} others"))

    def _unsupported(self, model: onnx_ir.Model, actual: str, supported: str) -> str:
        return (
            f"The {model.graph.name} graph has {actual}, TensorRT {self.tensorrt} reads {supported}. "
            f"Build with a version of torch that edge-asr[export] names."
        )


@cache
def oldest_parser() -> ParserOperators:
    """Read the operators of TensorRT 10.3, which JetPack 6.1 and 6.2 have; the file names its source."""
    listed = json.loads(resources.files("edge_export").joinpath("data", _NAME).read_text("utf-8"))
    first, last = listed["opsets"]
    dtypes = {name: frozenset(names) for name, names in listed["operators"].items()}
    return ParserOperators(listed["tensorrt"], (first, last), dtypes)
