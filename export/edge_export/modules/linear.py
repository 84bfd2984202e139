"""Matrix products with the weight stored as (in, out), the way ONNX MatMul reads it."""

from __future__ import annotations

import torch
from torch import nn


class Linear(nn.Module):
    """`x @ weight (+ bias)`, in the dtype of the weight.

    `torch.nn.Linear` stores (out, in) and would put a Transpose over a constant into the graph, which a back
    end folds at load time into a second copy of every weight.
    """

    def __init__(self, num_inputs: int, num_outputs: int, *, bias: bool, dtype: torch.dtype) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_inputs, num_outputs, dtype=dtype))
        self.bias = nn.Parameter(torch.empty(num_outputs, dtype=dtype)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (…, num_inputs) of any float dtype to (…, num_outputs) of the weight's."""
        product = torch.matmul(x.to(self.weight.dtype), self.weight)
        return product if self.bias is None else product + self.bias
