"""Which lowering a TensorRT version can parse, and how it computes attention.

How attention is computed is set after parsing: no ONNX attribute says it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from edge_export.engine.builder.library import EngineTarget, TrtLibrary

EngineLowering = Literal["modern", "legacy"]

FIRST_MODERN: Final = (10, 15)
"""First `tensorrt` whose parser knows RMSNormalization, RotaryEmbedding and TensorScatter.

Source: NvInfer.h and the ONNX parser's change log, 10.14 against 10.15. Attention came with 10.14.
"""


AttentionPolicy = Literal["decomposable", "fused"]
"""`decomposable`: a fused kernel where there is one, primitive operations where there is none.

`fused`: a fused kernel or no engine. float32 has no fused kernel for long queries: choose `decomposable`.
"""
Attention = Literal["fused", "decomposable", "primitive"]
"""How attention is computed: by a policy, or by a graph that spells it out (lowering `legacy`)."""


@dataclass(frozen=True, slots=True)
class LoweringChoice:
    """A lowering and why it was chosen."""

    lowering: EngineLowering
    reason: str


def choose_lowering(
    target: EngineTarget, release: tuple[int, int], requested: EngineLowering | None = None
) -> LoweringChoice:
    """Choose by the installed version.

    Args:
        target: family of the library.
        release: its major and minor version.
        requested: `legacy` is always granted, since every version parses it.

    Raises:
        UsageError: the library cannot parse the requested lowering.
    """
    chosen = _by_version(target, release)
    if requested is None or requested == chosen.lowering:
        return chosen
    if requested == "modern":
        raise UsageError(f"Lowering 'modern' was asked for; {chosen.reason}.")
    return LoweringChoice("legacy", f"{target} {release[0]}.{release[1]}: attention as primitives, as asked")


def _by_version(target: EngineTarget, release: tuple[int, int]) -> LoweringChoice:
    first = ".".join(map(str, FIRST_MODERN))
    library = f"{target} {release[0]}.{release[1]}"
    if target == "tensorrt-rtx":
        return LoweringChoice("modern", f"{library}: every version parses the operators of opset 24")
    if release >= FIRST_MODERN:
        return LoweringChoice(
            "modern", f"{library}: its parser knows the operators of opset 24 (from {first} on)"
        )
    return LoweringChoice("legacy", f"{library}: its parser does not know TensorScatter (from {first} on)")


def apply_policy(library: TrtLibrary, network: Any, policy: AttentionPolicy) -> int:
    """Set the policy of every attention layer of a parsed network.

    Args:
        library: the library.
        network: an `INetworkDefinition`; its attention inputs are plain layers and are cast down.
        policy: what to allow.

    Returns:
        Attention layers found; none in a graph that spells attention out, or in a library without the layer.
    """
    trt = library.module
    kind = getattr(trt.LayerType, "ATTENTION_INPUT", None)
    if kind is None:
        return 0
    layers = [layer for layer in map(network.get_layer, range(network.num_layers)) if layer.type == kind]
    for layer in layers:
        layer.__class__ = trt.IAttentionInputLayer
        layer.attention.decomposable = policy == "decomposable"
    return len(layers)
