"""Initial weights."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def initialise(model: nn.Module) -> None:
    """Scale initial weights to their fan-in; the library's 0.02 starves so small a model of signal."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.Linear) and name != "lm_head":
            residual = name.endswith(("out_proj", "fc2", "o_proj", "down_proj"))
            nn.init.normal_(module.weight, std=(0.35 if residual else 1.0) * module.in_features**-0.5)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=module.embedding_dim**-0.5)
