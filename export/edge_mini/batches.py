"""Training batches: clips of similar length, with prompts, targets and masking drawn on the fly."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from edge_mini.features import Example
from edge_mini.prompt import audio_token_count, encode, prompt_text, target_text
from edge_mini.sentences import GRAMMARS
from edge_mini.workers import Worker

IGNORE = -100
_CONTEXT_SHARE = 0.3

# Vocal tract lengths relative to the voice's own.
_WARP_RANGE = (0.85, 1.18)
_RELATED_SHARE = 0.5

# Centres of the mel bins: linear up to 1 kHz (15 mel), then logarithmic (Slaney); 8 kHz are 45.245 mel.
_BREAK_MEL = 15
_MEL = np.linspace(0, 45.245, 130)[1:-1]
_MEL_HZ = np.where(_MEL < _BREAK_MEL, _MEL * 200 / 3, 1000 * np.exp((_MEL - _BREAK_MEL) * np.log(6.4) / 27))

# Few distinct shapes: oneDNN compiles bfloat16 kernels for every new one, which takes longer than a step.
_BUCKETS_S = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 30)
_LENGTH_STEP = 64


@dataclass(frozen=True, slots=True)
class Batch:
    """One optimisation step's input.

    Attributes:
        mel: (batch, 100 x chunks, 128) float32, zero beyond each clip.
        frames: (batch,) valid frames.
        input_ids: (batch, length) prompt and target, right-padded.
        labels: (batch, length) next token where it belongs to the target, else -100.
        texts: transcript ids without language and markers, for the auxiliary CTC loss.
    """

    mel: Tensor
    frames: Tensor
    input_ids: Tensor
    labels: Tensor
    texts: list[list[int]]


def epoch(
    examples: Sequence[Example], tokenizer: Tokenizer, seconds: int, rng: random.Random, worker: Worker
) -> Iterator[Batch]:
    """Yield one worker's share of the examples in random order, about `seconds` of padded audio a batch.

    Workers that pass equal random states get equally many batches of one plan.
    """
    buckets: dict[int, list[Example]] = {}
    for example in examples:
        fitting = next(size for size in _BUCKETS_S if len(example.mel) <= 100 * size)
        buckets.setdefault(fitting, []).append(example)
    groups: list[tuple[int, list[Example]]] = []
    for size, members in sorted(buckets.items()):
        rng.shuffle(members)
        step = seconds // size
        members.extend(members[: -len(members) % step])  # a smaller last batch would be one more shape
        groups += [(size, members[start : start + step]) for start in range(0, len(members), step)]
    rng.shuffle(groups)
    own = random.Random(f"{rng.getrandbits(64)}/{worker.rank}")
    whole = len(groups) // worker.count * worker.count
    for size, group in groups[worker.rank : whole : worker.count]:
        yield _collate(group, size, tokenizer, own)


def _collate(group: Sequence[Example], size_s: int, tokenizer: Tokenizer, rng: random.Random) -> Batch:
    frames = [len(example.mel) for example in group]
    mel = np.zeros((len(group), size_s * 100, 128), dtype=np.float32)
    rows: list[tuple[list[int], list[int]]] = []
    for index, example in enumerate(group):
        mel[index, : frames[index]] = _masked(example.mel, rng)
        prompt = encode(tokenizer, prompt_text(audio_token_count(frames[index]), _context(example, rng)))
        rows.append((prompt, encode(tokenizer, target_text(example.language, example.text))))
    longest = max(len(prompt) + len(target) for prompt, target in rows) - 1
    length = -(-longest // _LENGTH_STEP) * _LENGTH_STEP
    input_ids = torch.zeros(len(rows), length, dtype=torch.long)
    labels = torch.full((len(rows), length), IGNORE)
    for index, (prompt, target) in enumerate(rows):
        ids = torch.tensor(prompt + target)
        input_ids[index, : len(ids) - 1] = ids[:-1]
        labels[index, len(prompt) - 1 : len(ids) - 1] = ids[len(prompt) :]
    texts = [encode(tokenizer, example.text) for example in group]
    return Batch(torch.from_numpy(mel), torch.tensor(frames), input_ids, labels, texts)


def _warped(mel: NDArray[np.float16], rng: random.Random) -> NDArray[np.float32]:
    """Stretch the frequency axis, as a longer or shorter vocal tract would (VTLP).

    Held-out voices differ from those heard in training mostly in their formants.
    """
    factor = rng.uniform(*_WARP_RANGE)
    bins = np.interp(_MEL_HZ * factor, _MEL_HZ, np.arange(len(_MEL_HZ)))
    lower = np.minimum(bins.astype(np.int64), len(_MEL_HZ) - 2)
    share = (bins - lower).astype(np.float32)
    return mel[:, lower] * (1 - share) + mel[:, lower + 1] * share


def _masked(mel: NDArray[np.float16], rng: random.Random) -> NDArray[np.float32]:
    """Blank two bands of mel bins and a few short stretches of time (SpecAugment)."""
    masked = _warped(mel, rng).astype(np.float32)
    fill = float(masked.mean())
    for _ in range(2):
        width = rng.randint(0, 16)
        start = rng.randint(0, 128 - width)
        masked[:, start : start + width] = fill
    for _ in range(len(mel) // 200):
        start = rng.randrange(len(mel))
        masked[start : start + rng.randint(0, 8)] = fill
    return masked


def _context(example: Example, rng: random.Random) -> str:
    """Draw the system turn: mostly empty, else domain words of which some may be in the transcript."""
    if rng.random() >= _CONTEXT_SHARE:
        return ""
    language = rng.choice(list(GRAMMARS))
    vocabulary = _VOCABULARY[language]
    words = rng.sample(vocabulary, rng.randint(1, 6))
    spoken = [word for word in vocabulary if word in example.text]
    if spoken and rng.random() < _RELATED_SHARE:
        words += rng.sample(spoken, min(len(spoken), 2))
    rng.shuffle(words)
    return rng.choice([" ", ", "]).join(words)


_VOCABULARY = {language: grammar.words() for language, grammar in GRAMMARS.items()}
