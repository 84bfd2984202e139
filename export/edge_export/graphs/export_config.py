"""How a build writes its graphs: precision of each, compute dtype, lowering, cache rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from edge_export.graph_spec import aligner_spec, decoder_spec, encoder_spec
from edge_export.quantize.plans import (
    CUDA_PRECISIONS,
    PRECISIONS,
    aligner_overrides,
    legacy_overrides,
    ort_overrides,
    quantization_plan,
)
from edge_runtime.bundle.specs import CAPACITY_DIM
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_export.checkpoint.config import ModelConfig
    from edge_export.graph_spec import ComputeDtype, GraphSpec, Lowering
    from edge_export.quantize.plans import GraphPrecision
    from edge_export.quantize.rounding.methods import RoundingName
    from edge_export.quantize.scheme import Override, QuantizationPlan
    from edge_runtime.bundle.manifest import Kind

DYNAMIC: Final = CAPACITY_DIM
"""Name of the dimension in a graph that leaves the number of cache rows open."""

_DTYPES: Final[Mapping[str, ComputeDtype]] = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}


@dataclass(frozen=True, slots=True)
class ExportConfig:
    """How the graphs of a bundle are written.

    Attributes:
        precision: of the bundle, as `--precision` names it.
        components: component → precision of its graph; components that a bundle lacks are ignored.
        compute: dtype of the products whose weights are quantised.
        lowering: how graphs are written.
        kv_capacity: the decoder's most cache rows, or `DYNAMIC`.
        cache_dtype: of the decoder's cache, None for that of the products.
        overrides: a recipe's exceptions, which come before those of the precision.
        rounding: how codes are chosen.
    """

    precision: str
    components: Mapping[str, GraphPrecision]
    compute: ComputeDtype = "float32"
    lowering: Lowering = "modern"
    kv_capacity: int | str = DYNAMIC
    cache_dtype: ComputeDtype | None = None
    overrides: tuple[Override, ...] = ()
    rounding: RoundingName = "least-squares"

    def __post_init__(self) -> None:
        """Refuse combinations that no graph can express.

        Raises:
            UsageError: a cache dtype of its own without quantized weights or in a lowering other than `ort`.
        """
        quantized = set(self.components.values()) - set(_DTYPES)
        if self.has_own_cache_dtype and not (quantized and self.lowering == "ort"):
            raise UsageError(
                f"A cache in {self.cache_dtype} is for graphs of lowering ort, those of --precision int8 and "
                f"int4 on CPUs; this one is {self.precision}, {self.lowering}. Leave --kv-cache-dtype out."
            )

    @property
    def plan(self) -> QuantizationPlan:
        """How each matrix is stored."""
        plan = quantization_plan(self.components)
        of_lowering = legacy_overrides(self.components) if self.lowering == "legacy" else ()
        return replace(plan, overrides=(*self.overrides, *of_lowering, *plan.overrides))

    def specs(self, config: ModelConfig) -> tuple[GraphSpec, GraphSpec]:
        """Return the signatures of the encoder and of the decoder or aligner."""
        head = "decoder" if config.kind == "asr" else "aligner"
        return self.spec("encoder", config), self.spec(head, config)

    def spec(self, component: str, config: ModelConfig) -> GraphSpec:
        """Return the signature of one graph."""
        return replace(self._float_spec(component, config), stores_int4=self.plan.has_int4(component))

    def _float_spec(self, component: str, config: ModelConfig) -> GraphSpec:
        """Return the signature of a graph before its matrices become codes."""
        dtype = self.dtype(component)
        if component == "encoder":
            return encoder_spec(config.audio, lowering=self.lowering, dtype=dtype)
        if component == "aligner":
            return aligner_spec(config.text, lowering=self.lowering, dtype=dtype)
        # TensorRT's profiles fix the rows of a `legacy` cache, not the graph.
        capacity = DYNAMIC if self.lowering == "legacy" else self.kv_capacity
        return decoder_spec(
            config.text, capacity, lowering=self.lowering, dtype=dtype, kv_dtype=self.kv_dtype
        )

    @property
    def kv_dtype(self) -> ComputeDtype:
        """The cache's dtype."""
        return self.cache_dtype or self.dtype("decoder")

    @property
    def has_own_cache_dtype(self) -> bool:
        """Whether the cache has another dtype than the products; an aligner has no cache."""
        return self.cache_dtype is not None and self.cache_dtype != self.dtype("decoder")

    def dtype(self, component: str) -> ComputeDtype:
        """Return the dtype of a graph's products."""
        return _DTYPES.get(self.components[component], self.compute)


def export_config(
    precision: str, lowering: Lowering | None = None, *, kind: Kind = "asr", num_layers: int | None = None
) -> ExportConfig:
    """Return the export config of graphs for ONNX Runtime.

    Args:
        precision: of the bundle.
        lowering: how graphs are written; None takes the default on a CPU.
        kind: of the checkpoint.
        num_layers: of the decoder; its first and last layers are exceptions at four bits; None makes none.

    Raises:
        UsageError: a GPU has no kernels for the precision.
    """
    chosen = lowering or _DEFAULT_LOWERINGS.get(precision, "modern")
    if kind == "aligner":
        overrides = aligner_overrides(precision, chosen)
    else:
        overrides = ort_overrides(precision, num_layers, chosen)
    if chosen != "cuda":
        # TensorRT's parser is the only reader of `legacy` graphs, and computes quantised products in halves.
        compute: ComputeDtype = "float16" if chosen == "legacy" else "float32"
        return ExportConfig(precision, PRECISIONS[precision], compute, chosen, overrides=overrides)
    if precision not in CUDA_PRECISIONS:
        raise UsageError(
            f"ONNX Runtime has no GPU kernels for precision {precision!r} (activations at eight bits); for "
            f"--target ort-cuda choose --precision {' or '.join(CUDA_PRECISIONS)}."
        )
    components = CUDA_PRECISIONS[precision]
    return ExportConfig(precision, components, compute="float16", lowering=chosen, overrides=overrides)


_DEFAULT_LOWERINGS: Final[Mapping[str, Lowering]] = {"fp32": "ort", "int8": "ort", "int4": "ort"}
"""Precision → lowering on a CPU. The others are `modern`, which ONNX Runtime loads from 1.25 on."""

FLOAT: Final = export_config("fp32", "modern")
"""Exact graphs, whose every value has all rows: calibration observes them."""
