"""Which form of the graphs a TensorRT version can parse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from edge_export.engine.binding import EngineTarget

EngineLowering = Literal["modern", "legacy"]

FIRST_MODERN: Final = (10, 15)
"""First `tensorrt` whose parser knows RMSNormalization, RotaryEmbedding and TensorScatter.

Source: NvInfer.h and the ONNX parser's change log, 10.14 against 10.15. Attention came with 10.14.
"""


@dataclass(frozen=True, slots=True)
class LoweringChoice:
    """A form of the graphs, and why it was taken."""

    lowering: EngineLowering
    reason: str


def choose_lowering(
    target: EngineTarget, release: tuple[int, int], asked: EngineLowering | None = None
) -> LoweringChoice:
    """Choose by the installed version.

    Args:
        target: family of the library.
        release: its major and minor version.
        asked: `legacy` is taken wherever it is asked for, since every version parses it.

    Raises:
        UsageError: the library cannot parse what was asked for.
    """
    chosen = _by_version(target, release)
    if asked is None or asked == chosen.lowering:
        return chosen
    if asked == "modern":
        raise UsageError(f"Lowering 'modern' was asked for; {chosen.reason}.")
    return LoweringChoice("legacy", f"{target} {release[0]}.{release[1]}: attention as primitives, as asked")


def _by_version(target: EngineTarget, release: tuple[int, int]) -> LoweringChoice:
    first = ".".join(map(str, FIRST_MODERN))
    found = f"{target} {release[0]}.{release[1]}"
    if target == "tensorrt-rtx":
        return LoweringChoice("modern", f"{found}: every version parses the operators of opset 24")
    if release >= FIRST_MODERN:
        return LoweringChoice(
            "modern", f"{found}: its parser knows the operators of opset 24 (from {first} on)"
        )
    return LoweringChoice("legacy", f"{found}: its parser does not know TensorScatter (from {first} on)")
