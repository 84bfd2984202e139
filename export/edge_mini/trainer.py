"""Training loop: a schedule driven by elapsed time, data-parallel steps, a state to go on from."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, multiprocessing, nn

from edge_mini.workers import Worker

PEAK_RATE = 1e-3
_SAVE_EVERY_S = 120.0
_EXPORT_EVERY_S = 480.0
_REPORT_STEPS = 50


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long to train and how fast to learn.

    Attributes:
        minutes: training time; the learning rate follows the elapsed fraction of it.
        peak_rate: highest learning rate; from 1.2e-3 on the residual stream of the encoder blows up early.
        warm_up: fraction of the time with a rising learning rate.
        fall: fraction of the time, at the end, with a falling one.
    """

    minutes: float
    peak_rate: float = PEAK_RATE
    weight_decay: float = 0.02
    warm_up: float = 0.05
    fall: float = 0.45

    def learning_rate(self, fraction: float) -> float:
        """Rise linearly during the warm-up, hold the peak, then fall linearly to zero."""
        return self.peak_rate * max(0.0, min(1.0, fraction / self.warm_up, (1 - fraction) / self.fall))


@dataclass(frozen=True, slots=True)
class Loss:
    """Value and weight of one part of what is minimised."""

    value: Tensor
    weight: float = 1.0


class Task(Protocol):
    """What is trained, and on what."""

    trained: nn.Module

    def batches(self, fraction: Callable[[], float], rng: random.Random, worker: Worker) -> Iterator[Any]:
        """Yield batches until the data have been seen once; `fraction` tells how much of the time is over."""

    def losses(self, batch: Any, fraction: float) -> Mapping[str, Loss]:
        """Compute the parts of the loss, by name, at a fraction of the training time."""

    def seconds(self, batch: Any) -> float:
        """Return how much audio a batch holds."""

    def export(self, folder: Path) -> None:
        """Write the checkpoint."""


@dataclass(frozen=True, slots=True)
class Run:
    """One training run.

    Attributes:
        make_task: called in every process, with the same seed; like `write` it must be picklable.
        state_path: where the state is kept; a run goes on from the one that it finds there.
        processes: of one thread each.
        write: takes lines of progress.
    """

    make_task: Callable[[], Task]
    schedule: Schedule
    seed: int
    state_path: Path
    output_dir: Path
    write: Callable[[str], None]
    processes: int = 2


def train(run: Run) -> None:
    """Train, and export the result to `run.output_dir`."""
    _rendezvous(run).unlink(missing_ok=True)
    multiprocessing.spawn(_work, (run,), run.processes)  # type: ignore[attr-defined, no-untyped-call]


def _rendezvous(run: Run) -> Path:
    return run.state_path.with_name("rendezvous")


def _work(rank: int, run: Run) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(run.seed)
    worker = Worker(rank, run.processes)
    worker.join(_rendezvous(run))
    Trainer(run, worker).run()


class Trainer:
    """A task with its optimiser and its progress."""

    def __init__(self, run: Run, worker: Worker) -> None:
        self.schedule = run.schedule
        self.steps = 0
        self.elapsed_s = 0.0
        self._run = run
        self._worker = worker
        self._task = run.make_task()
        self._parameters = list(self._task.trained.parameters())
        self._optimizer = torch.optim.AdamW(self._groups(), betas=(0.9, 0.98), fused=True)
        if run.state_path.exists():
            self._resume()

    @property
    def fraction(self) -> float:
        """Share of the training time that is over."""
        return self.elapsed_s / (60 * self.schedule.minutes)

    def run(self) -> None:
        """Train until the time is used up, exporting now and then and at the end."""
        started = time.monotonic() - self.elapsed_s
        exported_s = saved_s = self.elapsed_s
        report = _Report(self._run.write)
        for batch in self._batches():
            losses = self._step(batch, started)
            self.steps += 1
            if not self._worker.leads:
                continue
            report.add(self, losses, self._task.seconds(batch))
            if self.elapsed_s - saved_s > _SAVE_EVERY_S:
                saved_s = self.elapsed_s
                self._save()
            if self.elapsed_s - exported_s > _EXPORT_EVERY_S:
                exported_s = self.elapsed_s
                self._task.export(self._run.output_dir)
        if self._worker.leads:
            self._save()
            self._task.export(self._run.output_dir)

    def _batches(self) -> Iterator[Any]:
        rng = random.Random(f"{self._run.seed}/{self.steps}")
        while self.fraction < 1:
            for batch in self._task.batches(lambda: self.fraction, rng, self._worker):
                yield batch
                if self.fraction >= 1:
                    return

    def _step(self, batch: Any, started: float) -> dict[str, float]:
        for group in self._optimizer.param_groups:
            group["lr"] = self.schedule.learning_rate(self.fraction)
        losses = self._task.losses(batch, self.fraction)
        self._optimizer.zero_grad(set_to_none=True)
        torch.stack([loss.weight * loss.value for loss in losses.values()]).sum().backward()  # type: ignore[no-untyped-call]
        self.elapsed_s = self._worker.average(self._parameters, time.monotonic() - started)
        nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimizer.step()
        return {name: loss.value.item() for name, loss in losses.items()}

    def _groups(self) -> list[dict[str, object]]:
        matrices = [parameter for parameter in self._parameters if parameter.ndim > 1]
        vectors = [parameter for parameter in self._parameters if parameter.ndim == 1]
        return [
            {"params": matrices, "weight_decay": self.schedule.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ]

    def _save(self) -> None:
        state = {
            "trained": self._task.trained.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "steps": self.steps,
            "elapsed_s": self.elapsed_s,
        }
        partial = self._run.state_path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self._run.state_path)

    def _resume(self) -> None:
        state = torch.load(self._run.state_path)
        self._task.trained.load_state_dict(state["trained"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.steps, self.elapsed_s = state["steps"], state["elapsed_s"]


class _Report:
    """Running means, one line every 50 steps."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._reset()

    def _reset(self) -> None:
        self._sums: dict[str, float] = {}
        self._audio_s = 0.0
        self._since = time.monotonic()

    def add(self, trainer: Trainer, losses: Mapping[str, float], audio_s: float) -> None:
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value / _REPORT_STEPS
        self._audio_s += audio_s
        if trainer.steps % _REPORT_STEPS:
            return
        seen = "  ".join(f"{name} {mean:.4f}" for name, mean in self._sums.items())
        speed = self._audio_s / (time.monotonic() - self._since)
        rate = trainer.schedule.learning_rate(trainer.fraction)
        self._write(
            f"step {trainer.steps} {trainer.elapsed_s / 60:.1f} min  {seen}  rate {rate:.2e}  {speed:.0f} s/s"
        )
        self._reset()
