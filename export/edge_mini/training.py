"""Training loop: next-token loss, an auxiliary CTC loss, and a schedule driven by elapsed time."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, multiprocessing, nn
from torch.nn import functional
from transformers import Qwen3ASRForConditionalGeneration

from edge_mini.batches import IGNORE, Batch, epoch
from edge_mini.features import Example, read_shards
from edge_mini.forward import assert_equal_to_library, audio_embeds, decoder_states, packed, token_counts
from edge_mini.model import build_config, save_checkpoint
from edge_mini.tokenizer import BASE_ENTRIES, train_tokenizer
from edge_mini.workers import Worker

_BLANK = BASE_ENTRIES
_SAVE_EVERY_S = 120.0
_EXPORT_EVERY_S = 480.0
_SHORT_FRAMES = 300
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a run.

    Attributes:
        minutes: training time; the learning rate follows the elapsed fraction of it.
        processes: training processes, of one thread each.
        batch_seconds: padded audio per step and process.
        peak_rate: highest learning rate; from 1.2e-3 on the residual stream of the encoder blows up early.
        ctc_weights: weight of the auxiliary loss in the first and the second half of the time. It makes the
            attention lock on; later it would have whole words recognised inside one-second chunks, between
            which the encoder knows no order and only the decoder does.
        warm_up: fraction of the time with a rising learning rate.
        fall: fraction of the time, at the end, with a falling one.
        short_first: fraction of the time during which only clips up to 3 s are seen.
    """

    seed: int
    minutes: float
    processes: int = 2
    batch_seconds: int = 40
    peak_rate: float = 1e-3
    weight_decay: float = 0.02
    ctc_weights: tuple[float, float] = (0.5, 0.1)
    warm_up: float = 0.05
    fall: float = 0.45
    short_first: float = 0.2


def train(recipe: Recipe, data_dir: Path, output_dir: Path, write: Callable[[str], None]) -> None:
    """Train on stored features; goes on from the state in `data_dir` if an earlier run left one there."""
    (data_dir / "rendezvous").unlink(missing_ok=True)
    arguments = (recipe, data_dir, output_dir, write)
    multiprocessing.spawn(_work, arguments, recipe.processes)  # type: ignore[attr-defined, no-untyped-call]


def _work(rank: int, recipe: Recipe, data_dir: Path, output_dir: Path, write: Callable[[str], None]) -> None:
    torch.set_num_threads(1)
    worker = Worker(rank, recipe.processes)
    worker.join(data_dir / "rendezvous")
    trainer = Trainer(recipe, worker, data_dir / "state.pt")
    trainer.run(read_shards(data_dir), output_dir, write)


class Trainer:
    """Model, auxiliary head and optimiser of one run, with their progress."""

    def __init__(self, recipe: Recipe, worker: Worker, state_path: Path) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.worker = worker
        self.tokenizer = tokenizer = train_tokenizer(recipe.seed)
        self.model = Qwen3ASRForConditionalGeneration(build_config(tokenizer))
        initialise(self.model)
        assert_equal_to_library(self.model)
        self.ctc_head = nn.Linear(self.model.lm_head.in_features, _BLANK + 1)
        self.optimizer = torch.optim.AdamW(self._groups(), betas=(0.9, 0.98), fused=True)
        self.steps = 0
        self.elapsed_s = 0.0
        self._state_path = state_path
        if state_path.exists():
            self._resume()

    def run(self, examples: Sequence[Example], output_dir: Path, write: Callable[[str], None]) -> None:
        """Train until the time is used up, exporting now and then and at the end; report through `write`."""
        started = time.monotonic() - self.elapsed_s
        exported_s = saved_s = self.elapsed_s
        report = _Report(write)
        for batch in self._batches(examples):
            losses = self._step(batch, started)
            self.steps += 1
            if not self.worker.leads:
                continue
            report.add(self, batch, losses)
            if self.elapsed_s - saved_s > _SAVE_EVERY_S:
                saved_s = self.elapsed_s
                self._save()
            if self.elapsed_s - exported_s > _EXPORT_EVERY_S:
                exported_s = self.elapsed_s
                save_checkpoint(self.model, self.tokenizer, output_dir)
        if self.worker.leads:
            self._save()
            save_checkpoint(self.model, self.tokenizer, output_dir)

    @property
    def fraction(self) -> float:
        """Share of the training time that is over."""
        return self.elapsed_s / (60 * self.recipe.minutes)

    def learning_rate(self) -> float:
        """Rise linearly during the warm-up, hold the peak, then fall linearly to zero."""
        rise = self.fraction / self.recipe.warm_up
        fall = (1 - self.fraction) / self.recipe.fall
        return self.recipe.peak_rate * max(0.0, min(1.0, rise, fall))

    def _ctc_weight(self) -> float:
        early, late = self.recipe.ctc_weights
        return early if self.fraction < _HALF else late

    def _groups(self) -> list[dict[str, object]]:
        named = [*self.model.named_parameters(), *self.ctc_head.named_parameters()]
        front = [parameter for name, parameter in named if ".conv" in name]
        matrices = [parameter for name, parameter in named if ".conv" not in name and parameter.ndim > 1]
        vectors = [parameter for name, parameter in named if ".conv" not in name and parameter.ndim == 1]
        decay = self.recipe.weight_decay
        return [
            {"params": front, "weight_decay": decay},
            {"params": matrices, "weight_decay": decay},
            {"params": vectors, "weight_decay": 0.0},
        ]

    def _batches(self, examples: Sequence[Example]) -> Iterator[Batch]:
        rng = random.Random(f"{self.recipe.seed}/{self.steps}")
        short = [example for example in examples if len(example.mel) <= _SHORT_FRAMES]
        while self.fraction < 1:
            early = self.fraction < self.recipe.short_first
            chosen = short if early else examples
            for batch in epoch(chosen, self.tokenizer, self.recipe.batch_seconds, rng, self.worker):
                yield batch
                if self.fraction >= 1 or (early and self.fraction >= self.recipe.short_first):
                    break

    def _step(self, batch: Batch, started: float) -> tuple[float, float]:
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        with torch.autocast("cpu", torch.bfloat16):
            audio = audio_embeds(self.model, batch.mel, batch.frames)
            states = decoder_states(self.model, batch.input_ids, packed(audio, batch.frames))
            aligned = self.ctc_head(audio)
        wanted = batch.labels != IGNORE
        # In float32: the number of targets is new in every batch, and bfloat16 kernels compile per shape.
        logits = self.model.lm_head(states[wanted].float())
        text_loss = functional.cross_entropy(logits, batch.labels[wanted])
        ctc_loss = _ctc(aligned.float(), batch)
        self.optimizer.zero_grad(set_to_none=True)
        (text_loss + self._ctc_weight() * ctc_loss).backward()  # type: ignore[no-untyped-call]
        parameters = [*self.model.parameters(), *self.ctc_head.parameters()]
        self.elapsed_s = self.worker.average(parameters, time.monotonic() - started)
        nn.utils.clip_grad_norm_(parameters, 1.0)
        self.optimizer.step()
        return text_loss.item(), ctc_loss.item()

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "ctc_head": self.ctc_head.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
            "elapsed_s": self.elapsed_s,
        }
        partial = self._state_path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self._state_path)

    def _resume(self) -> None:
        state = torch.load(self._state_path)
        self.model.load_state_dict(state["model"])
        self.ctc_head.load_state_dict(state["ctc_head"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps, self.elapsed_s = state["steps"], state["elapsed_s"]


def _ctc(aligned: Tensor, batch: Batch) -> Tensor:
    """CTC of frame logits (batch, tokens, classes) against the transcripts, per transcript token."""
    counts = token_counts(batch.frames)
    padded = aligned.log_softmax(-1).transpose(0, 1)
    lengths = torch.tensor([len(text) for text in batch.texts])
    targets = torch.tensor([token for text in batch.texts for token in text])
    loss = functional.ctc_loss(
        padded, targets, counts, lengths, blank=_BLANK, reduction="sum", zero_infinity=True
    )
    return loss / max(1, int(lengths.sum()))


@torch.no_grad()
def initialise(model: Qwen3ASRForConditionalGeneration) -> None:
    """Scale initial weights to their fan-in; the library's 0.02 starves so small a model of signal."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.Linear) and name != "lm_head":
            residual = name.endswith(("out_proj", "fc2", "o_proj", "down_proj"))
            nn.init.normal_(module.weight, std=(0.35 if residual else 1.0) * module.in_features**-0.5)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=module.embedding_dim**-0.5)


class _Report:
    """Running means, one line every 50 steps."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._reset()

    def _reset(self) -> None:
        self._text = self._ctc = self._audio_s = 0.0
        self._since = time.monotonic()

    def add(self, trainer: Trainer, batch: Batch, losses: tuple[float, float]) -> None:
        self._text += losses[0] / 50
        self._ctc += losses[1] / 50
        self._audio_s += float(batch.frames.sum()) / 100
        if trainer.steps % 50:
            return
        speed = self._audio_s / (time.monotonic() - self._since)
        minutes, rate = trainer.elapsed_s / 60, trainer.learning_rate()
        losses_seen = f"text {self._text:.4f}  ctc {self._ctc:.4f}"
        self._write(
            f"step {trainer.steps} {minutes:.1f} min  {losses_seen}  rate {rate:.2e}  {speed:.0f} s/s"
        )
        self._reset()
