"""How each precision stores the matrices of each component."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from edge_export.quantize.scheme import Override, QuantizationPlan, Scheme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_runtime.bundle.manifest import Kind

GraphPrecision = Literal["fp32", "fp16", "bf16", "int8", "int8-w8a8", "int4"]

_WEIGHTS: Final = Scheme("int8")
_ALL: Final = Scheme("int8", activations="int8")

_WEIGHTS_ALONE: Final = (
    Override(
        "*.mlp.down_proj.weight",
        _WEIGHTS,
        "The product of gate and up has rare large values: at eight bits 6 to 9 % error on recorded speech, "
        "where every other matrix of the decoder has 1 % or less (mini checkpoint).",
    ),
    Override(
        "language_model.embed_tokens.weight",
        _WEIGHTS,
        "A step of the head is one row, bound by reading the table, which has eight bits either way.",
    ),
    Override(
        "score.weight",
        _WEIGHTS,
        "Decides between neighbouring times, and sees the slots alone.",
    ),
    Override(
        "audio_tower.conv2d*.weight",
        _WEIGHTS,
        "Three small layers at the input, where an error passes through all others.",
    ),
)

_ENDS: Final = (
    "First and last layer: with them at eight bits the mini checkpoint's tokens diverge by 0.0003 nats, not "
    "0.0010. Of 28 layers they are a fourteenth of the weights."
)
_INT16_ROWS: Final = Scheme("int8", activations="int16")

_INT16_THIRD_CONV: Final = Override(
    "audio_tower.conv2d3.weight",
    _INT16_ROWS,
    "Its input at eight bits moves the encoder's result by 1.6 %, that of the second convolution, which has "
    "four times the work, by 0.8 % (mini checkpoint; all else together 1.3 %).",
)
_INT16_CONVS: Final = Override(
    "audio_tower.conv2d*.weight",
    _INT16_ROWS,
    "With the second convolution's input at eight bits 99.14 % of the mini aligner's classes are those of "
    "float32, with sixteen 99.21. An aligner reads a recording once and waits for no step, so it hardly sees "
    "what that costs, a quarter of the encoder.",
)

_LONG_BLOCKS: Final = Override(
    "language_model.layers.*",
    Scheme("int4", block=256),
    "Blocks of 256, not 128: the kernel works block by block, and 4 to 10 % come off a step and a tenth off "
    "a prompt (0.6B shapes); the weights are off by 10.5 %, not 10.1 (mini checkpoint).",
)
_HALF_TABLE: Final = Override(
    "language_model.embed_tokens.weight",
    Scheme("half"),
    "Nothing but rows of tokens that come into question is read of it, so exactness costs no time: with "
    "eight bits one more character of 372 clips changes (+0.11 points of CER, +0.05 with half).",
)

_ORT_OVERRIDES: Final[Mapping[str, tuple[Override, ...]]] = {
    "int8": (
        _INT16_THIRD_CONV,
        Override(
            "*.mlp.down_proj.weight",
            _INT16_ROWS,
            "Its input has rare values an order above the rest of a row, which eight bits round by 6 to 9 %: "
            "as much of the error as all else together (mini checkpoint). It costs a prompt an eighth, and a "
            "step nothing (0.6B shapes).",
        ),
    ),
    "int4": (
        _INT16_THIRD_CONV,
        Override(
            "*.mlp.down_proj.weight",
            _WEIGHTS,
            "A fifth of the weights and the most sensitive: at eight bits it takes a seventh off the time of "
            "a prompt, whose products are slower at four, and costs a step 2 ms of 38 (0.6B shapes).",
        ),
        Override(
            "language_model.embed_tokens.weight",
            _WEIGHTS,
            "It decides between tokens: with both at eight bits the mini checkpoint loses 0.4 points of WER "
            "and 0.3 of CER, with neither 0 and 1.5.",
        ),
    ),
}
"""Exceptions of a precision in graphs of `ort` and `cuda`; figures in docs/adr/0007-cpu-speed.md."""
_CPU_OVERRIDES: Final[Mapping[str, tuple[Override, ...]]] = {"int8": (_HALF_TABLE,), "int4": (_LONG_BLOCKS,)}
"""Exceptions for `ort` alone, after all others."""

_LEGACY_TABLE: Final = Override(
    "language_model.embed_tokens.weight",
    _WEIGHTS,
    "TensorRT 10.3 documents four-bit weights of products alone, and the table is gathered from as well.",
)

_SCORE: Final = Override(
    "score.weight",
    Scheme(),
    "It decides between neighbouring times: its weights alone at eight bits move the margin of the two "
    "likeliest classes by 0.009 nats, most of all matrices (mini aligner, median).",
)
_FLOAT_CONVS: Final = Override(
    "audio_tower.conv2d*.weight",
    Scheme(),
    "Three small layers at the input, of an engine's aligner whose encoder has eight bits: 8 MB.",
)
_INT16_ALIGNER: Final = Override(
    "language_model.*",
    _INT16_ROWS,
    "With rows of eight bits 98.59 % of the mini aligner's classes are those of float32; with sixteen in "
    "down projections 99.01, in all of its layers 99.24, the head in float.",
)
_BLOCK_ALIGNER: Final = Override(
    "*",
    Scheme("int8", scales="block"),
    "With one scale an output 98.90 % of the mini aligner's classes are those of float32; in blocks of 32, "
    "with the head in float, 99.08.",
)

PRECISIONS: Final[Mapping[str, Mapping[str, GraphPrecision]]] = {
    "fp32": {"encoder": "fp32", "decoder": "fp32", "aligner": "fp32"},
    "fp16": {"encoder": "fp16", "decoder": "fp16", "aligner": "fp16"},
    "int8": {"encoder": "int8", "decoder": "int8", "aligner": "int8"},
    "int8-w8a8": {"encoder": "int8-w8a8", "decoder": "int8-w8a8", "aligner": "int8-w8a8"},
    # The encoder keeps eight bits: every token depends on it. So does the aligner: four bits change a fifth
    # of the mini aligner's classes, eight 1 %, and its one pass is not bound by weights.
    "int4": {"encoder": "int8", "decoder": "int4", "aligner": "int8"},
}
"""Precision of each component in a bundle of graphs, by `--precision`: named after the decoder's."""

CUDA_PRECISIONS: Final[Mapping[str, Mapping[str, GraphPrecision]]] = {
    "fp16": PRECISIONS["fp16"],
    "fp32": PRECISIONS["fp32"],
    # The encoder has windows of a hundred rows: arithmetic bounds it, and codes would only be converted to
    # halves in front of every product.
    "int8": {"encoder": "fp16", "decoder": "int8", "aligner": "int8"},
    "int4": {"encoder": "fp16", "decoder": "int4", "aligner": "int8"},
}
"""The same for ONNX Runtime on a GPU: precisions with kernels, the preferred first."""

_SCHEMES: Final[Mapping[str, Scheme]] = {"int8": _WEIGHTS, "int8-w8a8": _ALL, "int4": Scheme("int4")}


def ort_overrides(
    precision: str, num_layers: int | None = None, lowering: str = "ort"
) -> tuple[Override, ...]:
    """Return the exceptions of a precision in a recogniser for ONNX Runtime.

    Args:
        precision: of the bundle.
        num_layers: of the decoder, for exceptions of its ends; None if a recipe names matrices itself.
        lowering: of its graphs; `modern` has no exceptions.
    """
    if lowering not in ("ort", "cuda"):
        return ()
    ends = (0, num_layers - 1) if precision == "int4" and num_layers else ()
    layers = tuple(Override(f"language_model.layers.{index}.*", _WEIGHTS, _ENDS) for index in ends)
    of_cpu = _CPU_OVERRIDES.get(precision, ()) if lowering == "ort" else ()
    return (*layers, *_ORT_OVERRIDES.get(precision, ()), *of_cpu)


def aligner_overrides(precision: str, lowering: str) -> tuple[Override, ...]:
    """Return the exceptions of a precision in an aligner for ONNX Runtime; figures in ADR 7."""
    if precision not in ("int8", "int4"):
        return ()
    if lowering == "legacy":
        return (_SCORE,)  # int8 blocks need opset 21, and TensorRT 10.3 documents blocks of four bits alone
    return (_SCORE, _INT16_CONVS, _INT16_ALIGNER) if lowering == "ort" else (_SCORE, _BLOCK_ALIGNER)


def engine_overrides(kind: Kind) -> tuple[Override, ...]:
    """Return the exceptions of engines' graphs: of an aligner what decides most and weighs least."""
    return (_SCORE, _FLOAT_CONVS) if kind == "aligner" else ()


def legacy_overrides(components: Mapping[str, GraphPrecision]) -> tuple[Override, ...]:
    """Return the exceptions of lowering `legacy` for components with these precisions."""
    return (_LEGACY_TABLE,) if "int4" in components.values() else ()


def quantization_plan(components: Mapping[str, GraphPrecision]) -> QuantizationPlan:
    """Return the quantization plan of components with these precisions."""
    schemes = {name: _SCHEMES[precision] for name, precision in components.items() if precision in _SCHEMES}
    return QuantizationPlan(schemes, _WEIGHTS_ALONE if _ALL in schemes.values() else ())
