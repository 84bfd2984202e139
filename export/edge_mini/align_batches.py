"""Training batches of the aligner: audio, units and slots, with the true times in bins."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from edge_mini.align_augment import AlignExample, varied
from edge_mini.buckets import padded_length
from edge_mini.model import BIN_MS
from edge_mini.prompt import AUDIO_PAD, audio_token_count, encode
from edge_mini.spec_augment import augmented
from edge_mini.tokenizer import token_id

_BIN_S = BIN_MS / 1000
_NO_TIME = -1.0
_CHUNK_TOKENS, _CHUNK_S = 13, 1.0


@dataclass(frozen=True, slots=True)
class AlignBatch:
    """One optimisation step's input.

    Attributes:
        mel: (batch, 100 x chunks, 128) float32, zero beyond each clip.
        frames: (batch,) valid frames.
        input_ids: (batch, length) audio, units and slots, right-padded.
        slot_bins: (batch, length) true time at each slot in bins of 80 ms, below 0 elsewhere.
        audio_bins: (batch, length) when each audio token begins, likewise.
    """

    mel: Tensor
    frames: Tensor
    input_ids: Tensor
    slot_bins: Tensor
    audio_bins: Tensor


def collate(
    group: Sequence[AlignExample], size_s: int, tokenizer: Tokenizer, rng: random.Random
) -> AlignBatch:
    """Make a batch of clips of at most `size_s` seconds, all of them varied at random."""
    clips = [varied(example, group, size_s * 100, rng) for example in group]
    frames = [len(clip.mel) for clip in clips]
    mel = np.zeros((len(clips), size_s * 100, 128), dtype=np.float32)
    for row, clip in zip(mel, clips, strict=True):
        row[: len(clip.mel)] = augmented(clip.mel, rng)
    counts = [audio_token_count(count) for count in frames]
    rows = [encode(tokenizer, _prompt(count, clip.units)) for count, clip in zip(counts, clips, strict=True)]
    input_ids = torch.zeros(len(rows), padded_length(max(map(len, rows))), dtype=torch.long)
    for padded, ids in zip(input_ids, rows, strict=True):
        padded[: len(ids)] = torch.tensor(ids)
    slot, audio = (token_id(tokenizer, name) for name in ("<timestamp>", AUDIO_PAD))
    times = [torch.tensor(clip.spans).flatten() / _BIN_S for clip in clips]
    return AlignBatch(
        mel=torch.from_numpy(mel),
        frames=torch.tensor(frames),
        input_ids=input_ids,
        slot_bins=_placed(input_ids.eq(slot), torch.cat(times)),
        audio_bins=_placed(input_ids.eq(audio), torch.cat([_token_bins(count) for count in counts])),
    )


def _prompt(audio_tokens: int, units: Sequence[str]) -> str:
    """Write the aligner's prompt; there is no chat markup around it."""
    slots = "".join(f"{unit}<timestamp><timestamp>" for unit in units)
    return f"<|audio_start|>{AUDIO_PAD * audio_tokens}<|audio_end|>{slots}"


def _token_bins(count: int) -> Tensor:
    """Return when each of a clip's audio tokens begins, in bins: 13 to a second, 80 ms apart within it."""
    token = torch.arange(count)
    return (token // _CHUNK_TOKENS) * _CHUNK_S / _BIN_S + token % _CHUNK_TOKENS


def _placed(mask: Tensor, values: Tensor) -> Tensor:
    """Put values, in order, where the mask is set; elsewhere there is no time."""
    bins = torch.full(mask.shape, _NO_TIME)
    bins[mask] = values
    return bins
