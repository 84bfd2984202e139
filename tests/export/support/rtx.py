"""TensorRT-RTX as a judge of graphs: its parser and its compiler need no GPU."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from edge_export.graph_spec import GraphSpec

DIMS = {
    "windows": (1, 2, 4),
    "frames": (100, 400, 800),
    "tokens": (13, 52, 104),
    "batch": (1, 1, 2),
    "sequence": (1, 16, 32),
    "audio_tokens": (1, 16, 32),
    "kv_capacity": (1, 32, 64),
    "slots": (1, 4, 8),
    "scored": (1, 1, 8),
}
"""Minimum, optimum and maximum size of every dynamic dimension."""


def tensorrt_rtx() -> ModuleType:
    """Import it, or skip the test."""
    return pytest.importorskip("tensorrt_rtx")


class Compiler:
    """Parses and compiles; every complaint of the library is an error with its text."""

    def __init__(self) -> None:
        self.trt: Any = tensorrt_rtx()
        self._logger = self.trt.Logger(self.trt.Logger.ERROR)
        self._builder = self.trt.Builder(self._logger)

    def parse(self, path: Path) -> Any:
        network = self._builder.create_network(0)
        parser = self.trt.OnnxParser(network, self._logger)
        parsed = parser.parse_from_file(str(path))
        assert parsed, [parser.get_error(index).desc() for index in range(parser.num_errors)]
        return network

    def compile(self, network: Any, spec: GraphSpec, *capabilities: str) -> bytes:
        self._allow_decomposition(network)
        config = self._builder.create_builder_config()
        config.num_compute_capabilities = len(capabilities)
        for index, capability in enumerate(capabilities):
            config.set_compute_capability(getattr(self.trt.ComputeCapability, capability), index)
        profile = self._builder.create_optimization_profile()
        for tensor in spec.inputs:
            sizes = [DIMS[size] if isinstance(size, str) else (size,) * 3 for size in tensor.shape]
            profile.set_shape(tensor.name, *zip(*sizes, strict=True))
        config.add_optimization_profile(profile)
        plan = self._builder.build_serialized_network(network, config)
        assert plan is not None, f"{capabilities}: no kernels for {spec.name} {spec.lowering} {spec.dtype}"
        return bytes(plan)

    def layer_types(self, network: Any) -> list[str]:
        return [network.get_layer(index).type.name for index in range(network.num_layers)]

    def _allow_decomposition(self, network: Any) -> None:
        """Let attention fall back to primitives where no fused kernel fits; float32 has none at all."""
        for index in range(network.num_layers):
            layer = network.get_layer(index)
            if layer.type == self.trt.LayerType.ATTENTION_INPUT:
                layer.__class__ = self.trt.IAttentionInputLayer
                layer.attention.decomposable = True
