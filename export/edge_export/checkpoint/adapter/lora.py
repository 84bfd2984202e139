"""What an adapter makes of one tensor of its base."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from safetensors import safe_open

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor of an adapter's file, not read yet."""

    path: Path
    name: str
    shape: tuple[int, ...]

    def read(self) -> torch.Tensor:
        """Return it in float32."""
        with safe_open(self.path, framework="pt") as file:
            tensor: torch.Tensor = file.get_tensor(self.name)
        return tensor.to(torch.float32)


@dataclass(frozen=True, slots=True)
class LoraUpdate:
    """Adds the scaled product of two thin matrices: W + scale × B A.

    Attributes:
        down: A, shape (rank, in).
        up: B, shape (out, rank).
        scale: of the product.
        base: W where the adapter's file holds it too, as PEFT writes it for tables of tokens; None for the
            checkpoint's.
    """

    down: StoredTensor
    up: StoredTensor
    scale: float
    base: StoredTensor | None = None

    def apply(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return the merged matrix, float32."""
        base = tensor.to(torch.float32) if self.base is None else self.base.read()
        return torch.addmm(base, self.up.read(), self.down.read(), alpha=self.scale)


@dataclass(frozen=True, slots=True)
class Replacement:
    """Takes the place of the base's tensor, which was trained as a whole."""

    tensor: StoredTensor

    def apply(self, tensor: torch.Tensor) -> torch.Tensor:  # noqa: ARG002 - the interface of a change
        """Return the trained tensor, float32."""
        return self.tensor.read()
