"""The plan of each precision that `--precision` names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edge_export.quantize.scheme import Override, QuantisationPlan, Scheme

if TYPE_CHECKING:
    from collections.abc import Mapping

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

PLANS: Final[Mapping[str, QuantisationPlan]] = {
    "fp32": QuantisationPlan(),
    "int8": QuantisationPlan({"encoder": _WEIGHTS, "decoder": _WEIGHTS, "aligner": _WEIGHTS}),
    "int8-w8a8": QuantisationPlan({"encoder": _ALL, "decoder": _ALL, "aligner": _ALL}, _WEIGHTS_ALONE),
    # The encoder keeps eight bits: every token rests on what it hears. So does the aligner: four bits move a
    # fifth of the mini aligner's classes, eight 2 %, and its one pass does not wait for weights.
    "int4": QuantisationPlan({"encoder": _WEIGHTS, "decoder": Scheme("int4"), "aligner": _WEIGHTS}),
}
"""Named after the precision of the decoder."""
