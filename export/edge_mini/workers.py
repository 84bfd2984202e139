"""Data-parallel training processes: one thread each, gradients averaged once a step.

On two busy cores this is about twice as fast as one process with two threads, which waits for its
slower half at every one of some thousand small operations of a step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn


@dataclass(frozen=True, slots=True)
class Worker:
    """One of `count` processes that train the same model on different batches."""

    rank: int = 0
    count: int = 1

    def join(self, rendezvous: Path) -> None:
        """Wait until all processes have met at a file that only they use."""
        dist.init_process_group(
            "gloo", init_method=f"file://{rendezvous.resolve()}", rank=self.rank, world_size=self.count
        )

    @property
    def leads(self) -> bool:
        """Whether this process reports and writes files."""
        return self.rank == 0

    def average(self, parameters: Iterable[nn.Parameter], elapsed_s: float) -> float:
        """Replace gradients by their mean over all processes; return the mean of the elapsed times.

        Sharing the time keeps the schedules of the processes identical.
        """
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([*(g.flatten() for g in gradients), torch.tensor([elapsed_s])])
        dist.all_reduce(flat)
        flat /= self.count
        pieces = torch.split(flat[:-1], [g.numel() for g in gradients])
        for gradient, piece in zip(gradients, pieces, strict=True):
            gradient.copy_(piece.view_as(gradient))
        return float(flat[-1])
