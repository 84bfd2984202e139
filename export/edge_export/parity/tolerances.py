"""How far a graph may be from its reference, stage by stage.

Differences between two float32 implementations come from the order of summation and grow with width and
depth. On a checkpoint of the 0.6B shapes with random weights (28 decoder and 18 encoder layers) the largest
seen is a nineteenth of the bound for the encoder, a seventh for prefill, and half of it for the fifty steps,
whose cache carries differences on; the 1.7B shapes pass as well. A wrong operator, mask or weight errs by far
more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge_runtime.bundle.manifest import Tolerances


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Bound on the largest absolute difference: `absolute + relative × max |reference|`."""

    absolute: float = 0.0
    relative: float = 0.0

    def bound(self, scale: float) -> float:
        """Return the bound for a reference whose largest magnitude is `scale`."""
        return self.absolute + self.relative * scale


FP32: Final = {
    # Double precision in the runtime against single in the reference; see tests/runtime/model/test_fbank.py.
    "features": Tolerance(absolute=5e-5),
    "encoder": Tolerance(relative=2e-5),
    "prefill": Tolerance(relative=5e-5),
    "prefill_in_pieces": Tolerance(relative=5e-5),
    "steps": Tolerance(relative=5e-5),
    "slots": Tolerance(relative=5e-5),
    "logprobs": Tolerance(absolute=2e-4),
}
"""For precision `fp32`."""

MIN_IDENTICAL_TOKENS: Final = 0.999
"""Share of teacher-forced steps whose most likely token must be the reference's; for `fp32`."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a build of one precision must reach to be installed.

    Attributes:
        stages: bound of each stage's difference from the float32 reference.
        min_identical: share of tokens or classes that must be the reference's.
    """

    stages: Mapping[str, Tolerance]
    min_identical: float


_HEAD: Final = ("prefill", "prefill_in_pieces", "steps", "slots")
_UNROUNDED: Final = ("fp32", "fp16")


def _rounded(encoder: float, logits: float, logprobs: float, min_identical: float) -> Acceptance:
    """Return the acceptance of a rounded precision; features have the bound of `fp32`."""
    head = Tolerance(relative=logits)
    stages = {
        "features": FP32["features"],
        "encoder": Tolerance(relative=encoder),
        "prefill": head,
        "prefill_in_pieces": head,
        "steps": head,
        "slots": head,
        "logprobs": Tolerance(absolute=logprobs),
    }
    return Acceptance(stages, min_identical)


_ACCEPTANCE: Final[Mapping[str, Acceptance]] = {
    "fp32": Acceptance(FP32, MIN_IDENTICAL_TOKENS),
    "fp16": _rounded(encoder=0.01, logits=0.02, logprobs=0.05, min_identical=0.9),
    "int8": _rounded(encoder=0.1, logits=0.5, logprobs=1.0, min_identical=0.5),
    "int8-w8a8": _rounded(encoder=0.3, logits=0.5, logprobs=1.0, min_identical=0.5),
    "int4": _rounded(encoder=0.1, logits=2.0, logprobs=3.0, min_identical=0.05),
}
"""By precision, for a few layers; `acceptance` says what depth adds.

The effect of rounding depends on the network, so these bounds only catch wrong graphs; `edge-asr gate`
measures the lost accuracy on real speech. Largest seen, on the mini checkpoints and with random
weights, whose steps are near ties, in two layers or in the 28 of 0.6B:

| precision | encoder | logits, trained | logits, random | logprobs | tokens, trained | tokens, random |
|---|---|---|---|---|---|---|
| int8 | 0.025 | 0.026 | 0.14 | 0.23 | 92 % | 89 % |
| int8, 28 layers | 0.038 | – | 0.53 | 0.48 | – | 50 % |
| int8-w8a8 | 0.094 | 0.030 | 0.19 | 0.30 | 95 % | 85 % |
| int4 | 0.025 | 0.16 | 1.2 | 0.95 | 72 % | 29 % |

With a wrong matrix hardly a token is identical: chance is one in the vocabulary.
"""

_OTHER_DEVICE: Final = 10.0
"""Factor for a device's self-test: another processor sums in yet another order."""
_OTHER_ROUNDING: Final = 2.0
"""The same for rounded precisions: a device may be twice as far from the reference as the build was.
Processors differ in which of two codes they round a value in the middle to."""


EXACT: Final = _ACCEPTANCE["fp32"]
"""What a float32 build must reach."""
_FEW_LAYERS: Final = 7


def acceptance(precision: str, num_layers: int = 0) -> Acceptance:
    """Return what a build of this precision must reach.

    The rounding errors of layers add up to the square root of their number.

    Args:
        precision: of the build.
        num_layers: of its decoder or aligner.
    """
    base, growth = _ACCEPTANCE[precision], max(1.0, (num_layers / _FEW_LAYERS) ** 0.5)
    if precision in _UNROUNDED:
        return base
    head = {name: Tolerance(relative=growth * base.stages[name].relative) for name in _HEAD}
    return Acceptance({**base.stages, **head}, base.min_identical / growth)


def selftest_tolerances(parity: Mapping[str, Any], precision: str) -> Tolerances:
    """Return how far a device may be from the bundle's stored answers.

    Args:
        parity: the build's report: the bound on audio embeddings, which scales with their magnitude, and for
            rounded precisions the differences of the build.
        precision: of the build.
    """
    if precision == "fp32":
        return Tolerances(
            features=FP32["features"].absolute,
            encoder=_OTHER_DEVICE * _max_over_checks(parity, "encoder", "tolerance"),
            logprobs=_OTHER_DEVICE * FP32["logprobs"].absolute,
            tokens=0.0,
        )
    unit = "tokens" if "tokens_total" in parity else "classes"
    return Tolerances(
        features=FP32["features"].absolute,
        encoder=_OTHER_ROUNDING * _max_over_checks(parity, "encoder", "max_abs_diff"),
        logprobs=_OTHER_ROUNDING * _max_over_checks(parity, "logprobs", "max_abs_diff"),
        tokens=_OTHER_ROUNDING * (parity[f"{unit}_total"] - parity[f"{unit}_identical"]),
    )


def _max_over_checks(parity: Mapping[str, Any], stage: str, field: str) -> float:
    return max(float(check[field]) for check in parity["stages"] if check["stage"] == stage)
