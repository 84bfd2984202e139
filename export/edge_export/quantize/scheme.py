"""How each matrix is stored: a plan of schemes, frozen data that a recipe can state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, Literal

from edge_runtime.errors import UsageError

Codes = Literal["float", "int8", "int4"]
"""Glob of any matrix."""

ENCODER: Final = "encoder"
"""The component that never gets fewer than eight bits: every token depends on it."""
BLOCKS: Final = (256, 128, 64, 32)
"""Sizes of int4 blocks, the largest first."""
DEFAULT_BLOCK: Final = 128
"""Default block: kernels of every back end support it."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How one matrix and what it is multiplied with are stored.

    Attributes:
        weights: codes of the matrix; int8 has a scale per output channel unless `scales` says otherwise, int4
            one per block. half is float16, for a table of tokens that a CPU gathers from.
        activations: codes of its input. int8: one scale from calibration. int16: rounded row by row at run
            time, in lowering `ort` alone. float: unrounded, but in lowering `ort` to eight bits row by row.
        block: longest int4 block along the inputs; see `block_for`.
        scales: of int8 weights: one for each output, or one for each of the shortest blocks. Graphs of
            lowering `ort` round the rows they are multiplied with to match: one scale a row, or one a block.
    """

    weights: Codes | Literal["half"] = "float"
    activations: Literal["float", "int8", "int16"] = "float"
    block: int = DEFAULT_BLOCK
    scales: Literal["whole", "block"] = "whole"

    def __post_init__(self) -> None:
        """Refuse combinations that no back end multiplies.

        Raises:
            UsageError: the block has another size, or quantised activations have weights other than int8.
        """
        if self.block not in BLOCKS:
            known = " or ".join(map(str, BLOCKS))
            raise UsageError(f"An int4 block of {self.block} is unknown; choose {known}.")
        if self.activations != "float" and self.weights != "int8":
            raise UsageError(f"{self.activations} activations need int8 weights, not {self.weights}.")

    @property
    def precision(self) -> str:
        """The scheme's name in a manifest."""
        if self.weights == "float":
            return "fp32"
        if self.weights == "half":
            return "fp16"
        return "int8-w8a8" if self.activations == "int8" else self.weights


@dataclass(frozen=True, slots=True)
class Override:
    """An exception: another scheme for some matrices.

    Attributes:
        pattern: glob over parameter names, for example `*.down_proj.weight`.
        scheme: of these matrices.
        reason: why, with the figure that decided it.
    """

    pattern: str
    scheme: Scheme
    reason: str


@dataclass(frozen=True, slots=True)
class QuantizationPlan:
    """Schemes of a whole bundle.

    Attributes:
        components: default scheme of each component; one that is not named stays float.
        overrides: exceptions in named components; the first that matches counts.
    """

    components: Mapping[str, Scheme] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an encoder below eight bits.

        Raises:
            UsageError: its default scheme is int4; `scheme` refuses an exception that is.
        """
        if ENCODER in self.components:
            _require_eight_bits(self.components[ENCODER], "its default scheme")

    def scheme(self, component: str, parameter: str) -> Scheme:
        """Return the scheme of one graph parameter that is a matrix.

        Raises:
            UsageError: an exception would store a matrix of the encoder in fewer than eight bits.
        """
        if component not in self.components:
            return Scheme()
        override = next((each for each in self.overrides if fnmatchcase(parameter, each.pattern)), None)
        if override is None:
            return self.components[component]
        if component == ENCODER:
            _require_eight_bits(override.scheme, f"pattern {override.pattern!r}, which takes in {parameter}")
        return override.scheme

    def has_int4(self, component: str) -> bool:
        """Return whether a matrix of a component may be stored in four-bit codes."""
        if component not in self.components:
            return False
        schemes = (self.components[component], *(each.scheme for each in self.overrides))
        return any(scheme.weights == "int4" for scheme in schemes)

    @property
    def is_calibrated(self) -> bool:
        """Whether any activation needs a scale."""
        schemes = (*self.components.values(), *(each.scheme for each in self.overrides))
        return any(scheme.activations == "int8" for scheme in schemes)


def _require_eight_bits(scheme: Scheme, source: str) -> None:
    if scheme.weights == "int4":
        raise UsageError(
            f"The encoder keeps at least eight bits, since every token rests on what it hears: {source} asks "
            f"for int4. Choose int8 or float, or a pattern that leaves the encoder out, such as "
            f"'language_model.*'."
        )


def block_for(num_inputs: int, max_block: int) -> int | None:
    """Return the largest block up to `max_block` that divides a matrix's inputs, None where none does."""
    return next((block for block in BLOCKS if block <= max_block and num_inputs % block == 0), None)
