"""Training batches of the recogniser: prompts and targets, contexts drawn on the fly."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from edge_mini.buckets import padded_length
from edge_mini.features import LogMel
from edge_mini.prompt import audio_token_count, encode, prompt_text, target_text
from edge_mini.sentences import GRAMMARS
from edge_mini.spec_augment import augmented
from edge_mini.tokenizer import BASE_ENTRIES

IGNORE = -100
_CONTEXT_SHARE = 0.3

_RELATED_SHARE = 0.5
_DISTURBED_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class Example:
    """One training clip: log-mel of shape (frames, 128), language name or "None", transcript, known voice."""

    mel: LogMel
    language: str
    text: str
    voice: str = ""


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


def collate(group: Sequence[Example], size_s: int, tokenizer: Tokenizer, rng: random.Random) -> Batch:
    """Make a batch of clips of at most `size_s` seconds, features augmented, contexts drawn."""
    frames = [len(example.mel) for example in group]
    mel = np.zeros((len(group), size_s * 100, 128), dtype=np.float32)
    rows: list[tuple[list[int], list[int]]] = []
    for index, example in enumerate(group):
        mel[index, : frames[index]] = augmented(example.mel, rng)
        prompt = encode(tokenizer, prompt_text(audio_token_count(frames[index]), _context(example, rng)))
        rows.append((prompt, encode(tokenizer, target_text(example.language, example.text))))
    longest = max(len(prompt) + len(target) for prompt, target in rows) - 1
    length = padded_length(longest)
    input_ids = torch.zeros(len(rows), length, dtype=torch.long)
    labels = torch.full((len(rows), length), IGNORE)
    for index, (prompt, target) in enumerate(rows):
        ids = torch.tensor(prompt + target)
        input_ids[index, : len(ids) - 1] = ids[:-1]
        _disturb(input_ids[index, len(prompt) : len(ids) - 1], rng)
        labels[index, len(prompt) - 1 : len(ids) - 1] = ids[len(prompt) :]
    texts = [encode(tokenizer, example.text) for example in group]
    return Batch(torch.from_numpy(mel), torch.tensor(frames), input_ids, labels, texts)


def _disturb(target: Tensor, rng: random.Random) -> None:
    """Replace some text tokens of an input (length,) in place; what is to be answered stays.

    Else the decoder learns the training sentences by heart and overhears what else is said.
    """
    for place, token in enumerate(target.tolist()):
        if token < BASE_ENTRIES and rng.random() < _DISTURBED_SHARE:
            target[place] = rng.randrange(BASE_ENTRIES)


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
