"""The training task of the recogniser: next-token loss and an auxiliary CTC loss."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import Qwen3ASRForConditionalGeneration

from edge_mini.batches import IGNORE, Batch, Example, collate
from edge_mini.buckets import Curriculum
from edge_mini.checkpoint import save_checkpoint
from edge_mini.corpus import Utterance, render
from edge_mini.cut_clips import CutExample
from edge_mini.features import Sample, read_shards
from edge_mini.forward import assert_equal_to_library, audio_embeds, decoder_states, packed, token_counts
from edge_mini.initialise import initialise
from edge_mini.model import recognizer_config
from edge_mini.stock import Stock
from edge_mini.tokenizer import BASE_ENTRIES, train_tokenizer
from edge_mini.trainer import Loss
from edge_mini.window_batches import WindowBatches
from edge_mini.workers import Worker

BILINGUAL, TIMED = "bilingual", "timed"
"""Folders, beside the clips, of those of two languages and of those with times."""
_BLANK = BASE_ENTRIES
_BATCH_SECONDS = 40
_SHORT_FRAMES, _SHORT_FIRST = 300, 0.2
_EARLY_CTC_WEIGHT, _LATE_CTC_WEIGHT, _LATE = 0.5, 0.1, 0.5
"""The auxiliary loss makes the attention lock on. Later it would have whole words recognised inside
one-second chunks, between which the encoder knows no order and only the decoder does."""


def sample(utterance: Utterance) -> Sample:
    """Render a clip for the feature shards."""
    clip = render(utterance)
    voice = utterance.voice.label if utterance.voice else ""
    return Sample(clip.samples, {"language": utterance.language or "None", "text": clip.text, "voice": voice})


class Transcription:
    """Model, tokenizer, auxiliary head, and the clips of a folder of feature shards.

    Without weights to start from this is the first stage, on clips; with them the second, on windows too.
    """

    def __init__(self, data_dir: Path, seed: int, start: Path | None = None) -> None:
        self._tokenizer = train_tokenizer(seed)
        self._model = Qwen3ASRForConditionalGeneration(recognizer_config(self._tokenizer))
        initialise(self._model)
        if start is not None:
            self._go_on_from(start)
        assert_equal_to_library(self._model)
        self._ctc_head = nn.Linear(self._model.lm_head.in_features, _BLANK + 1)
        self.trained: nn.Module = nn.ModuleDict({"model": self._model, "ctc_head": self._ctc_head})
        clips = [Example(mel, **fields) for mel, fields in read_shards(data_dir)]
        self._first_stage = start is None
        self._curriculum: Curriculum[Example] | WindowBatches = (
            Curriculum(clips, _BATCH_SECONDS, _SHORT_FRAMES, _SHORT_FIRST)
            if self._first_stage
            else WindowBatches(clips, _stock(data_dir, clips), _BATCH_SECONDS)
        )

    def _go_on_from(self, start: Path) -> None:
        """Load weights; the first layers stay as they are, which saves a sixth of the time."""
        weights = {name: weight.float() for name, weight in load_file(start / "model.safetensors").items()}
        self._model.load_state_dict(weights, strict=False)
        tower = self._model.model.audio_tower
        for layer in (tower.conv2d1, tower.conv2d2, tower.conv2d3, tower.conv_out):
            layer.requires_grad_(False)

    def batches(self, fraction: Callable[[], float], rng: random.Random, worker: Worker) -> Iterator[Batch]:
        """Yield short clips only at first, then all."""
        for size, group, own in self._curriculum.groups(fraction, rng, worker):
            yield collate(group, size, self._tokenizer, own)

    def losses(self, batch: Batch, fraction: float) -> Mapping[str, Loss]:
        """Compute the next-token loss over the targets, and CTC over the audio embeddings."""
        with torch.autocast("cpu", torch.bfloat16):
            audio = audio_embeds(self._model, batch.mel, batch.frames)
            states = decoder_states(self._model, batch.input_ids, packed(audio, batch.frames))
        wanted = batch.labels != IGNORE
        # In float32: the number of targets is new in every batch, and bfloat16 kernels compile per shape.
        logits = self._model.lm_head(states[wanted].float())
        text = Loss(functional.cross_entropy(logits, batch.labels[wanted]))
        if not self._first_stage:
            return {"text": text}
        with torch.autocast("cpu", torch.bfloat16):
            aligned = self._ctc_head(audio)
        ctc_weight = _EARLY_CTC_WEIGHT if fraction < _LATE else _LATE_CTC_WEIGHT
        return {"text": text, "ctc": Loss(_ctc(aligned.float(), batch), ctc_weight)}

    def seconds(self, batch: Batch) -> float:
        """Return how much audio a batch holds."""
        return float(batch.frames.sum()) / 100

    def export(self, folder: Path) -> None:
        """Write the checkpoint, without the auxiliary head."""
        save_checkpoint(self._model, self._tokenizer, folder)


def _stock(data_dir: Path, clips: Sequence[Example]) -> Stock:
    bilingual = [Example(mel, **fields) for mel, fields in read_shards(data_dir / BILINGUAL)]
    timed = [CutExample(mel, **fields) for mel, fields in read_shards(data_dir / TIMED)]
    return Stock.of(clips, bilingual, timed)


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
