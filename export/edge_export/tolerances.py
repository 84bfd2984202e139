"""How far a graph may be from its reference, stage by stage.

Differences between two float32 implementations come from the order of summation and grow with width and
depth. On a checkpoint of the 0.6B shapes with random weights (28 decoder and 18 encoder layers) the largest
seen is a nineteenth of the bound for the encoder, a seventh for prefill, and half of it for the fifty steps,
whose cache carries differences on; the 1.7B shapes pass as well. A wrong operator, mask or weight errs by far
more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge_runtime.manifest import Tolerances


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Bound on the largest absolute difference: `absolute + relative × max |reference|`."""

    absolute: float = 0.0
    relative: float = 0.0

    def bound(self, scale: float) -> float:
        """Return the bound for a reference whose largest magnitude is `scale`."""
        return self.absolute + self.relative * scale


FP32: Final = {
    # Double precision in the runtime against single in the reference; see tests/runtime/test_fbank.py.
    "features": Tolerance(absolute=2e-5),
    "encoder": Tolerance(relative=2e-5),
    "prefill": Tolerance(relative=5e-5),
    "prefill_in_pieces": Tolerance(relative=5e-5),
    "steps": Tolerance(relative=5e-5),
    "slots": Tolerance(relative=5e-5),
    "logprobs": Tolerance(absolute=2e-4),
}
"""For precision `fp32`."""

MIN_IDENTICAL_TOKENS: Final = 0.999
"""Share of teacher-forced steps whose most likely token must be the reference's."""

_OTHER_DEVICE: Final = 10.0
"""Factor for a device's self-test: another processor sums in yet another order."""


def selftest_tolerances(encoder_bound: float) -> Tolerances:
    """Return how far a device may be from the bundle's stored answers.

    Args:
        encoder_bound: the build's own bound on the audio embeddings, which scales with their magnitude.
    """
    return Tolerances(
        features=FP32["features"].absolute,
        encoder=_OTHER_DEVICE * encoder_bound,
        logprobs=_OTHER_DEVICE * FP32["logprobs"].absolute,
        tokens=0.0,
    )
