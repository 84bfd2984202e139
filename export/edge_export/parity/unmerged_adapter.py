"""An adapter as PEFT runs it while it trains: beside the layers, which keep their weights.

The exporter merges instead; that both agree is part of the proof.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from edge_export.checkpoint.adapter.lora import LoraUpdate

if TYPE_CHECKING:
    from edge_export.checkpoint.adapter.adapter import Adapter


def attach_adapter(model: Any, adapter: Adapter) -> None:
    """Add an adapter's products to a model's layers, and put whole tensors in their places."""
    for name, update in adapter.updates.items():
        owner, _, leaf = name.rpartition(".")
        module = model.get_submodule(owner)
        whole = update.base if isinstance(update, LoraUpdate) else update.tensor
        if whole is not None:
            # A parameter of its own: a tied twin keeps what it has.
            setattr(module, leaf, torch.nn.Parameter(whole.read(), requires_grad=False))
        if isinstance(update, LoraUpdate):
            add = partial(_add_product, down=update.down.read(), up=update.up.read(), scale=update.scale)
            module.register_forward_hook(add)


def _add_product(
    _: torch.nn.Module,
    inputs: tuple[torch.Tensor, ...],
    output: torch.Tensor,
    *,
    down: torch.Tensor,
    up: torch.Tensor,
    scale: float,
) -> torch.Tensor:
    return output + scale * functional.linear(functional.linear(inputs[0], down), up)
