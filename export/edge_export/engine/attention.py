"""How TensorRT is told to compute attention; set after parsing, since no ONNX attribute says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from edge_export.engine.binding import Binding

AttentionPolicy = Literal["decomposable", "fused"]
"""`decomposable`: a fused kernel where there is one, primitive operations where there is none.

`fused`: a fused kernel or no engine. In float32 there is none for long queries, so only the former builds.
"""


Attention = Literal["fused", "decomposable", "primitive"]
"""How attention is computed: by a policy, or by a graph that spells it out (lowering `legacy`)."""


def apply_policy(binding: Binding, network: Any, policy: AttentionPolicy) -> int:
    """Set the policy of every attention layer of a parsed network.

    Args:
        binding: the library.
        network: an `INetworkDefinition`; its attention inputs come as plain layers and are cast down.
        policy: what to allow.

    Returns:
        Attention layers found; none in a graph that spells attention out, or in a library without the layer.
    """
    trt = binding.module
    kind = getattr(trt.LayerType, "ATTENTION_INPUT", None)
    if kind is None:
        return 0
    layers = [layer for layer in map(network.get_layer, range(network.num_layers)) if layer.type == kind]
    for layer in layers:
        layer.__class__ = trt.IAttentionInputLayer
        layer.attention.decomposable = policy == "decomposable"
    return len(layers)
