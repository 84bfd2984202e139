"""The training task of the aligner: the class of every slot, and of every audio token."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import Qwen3ASRForTokenClassification

from edge_mini.align_augment import AlignExample
from edge_mini.align_batches import AlignBatch, collate
from edge_mini.align_joined import joined_clips
from edge_mini.attention_guide import AttentionGuide
from edge_mini.buckets import Curriculum
from edge_mini.checkpoint import save_checkpoint
from edge_mini.corpus import Utterance
from edge_mini.features import Sample, read_shards
from edge_mini.forward import audio_embeds, decoder_states, packed
from edge_mini.initialise import initialise
from edge_mini.model import BIN_MS, NUM_CLASSES, aligner_config
from edge_mini.timed_corpus import render_timed
from edge_mini.tokenizer import train_tokenizer
from edge_mini.trainer import Loss
from edge_mini.workers import Worker
from edge_runtime.text.units import split_units

_BATCH_SECONDS = 60
_SPREAD_BINS = 0.6
_CLIPS_PER_JOINED = 4
_AUDIO_WEIGHT, _GUIDE_WEIGHT = 0.3, 0.5
_GUIDED_LAYERS = (1, 2)
_SHORT_FRAMES, _SHORT_FIRST = 1200, 0.1


def sample(utterance: Utterance) -> Sample | None:
    """Render a clip for the feature shards; None if a word of it has no time."""
    clip = render_timed(utterance)
    if clip is None:
        return None
    units = [unit.text for unit in split_units(clip.text, utterance.language)]
    spans = [(span.start, span.end) for span in clip.spans]
    return Sample(clip.samples, {"units": units, "spans": spans})


class Alignment:
    """Model, tokenizer, and the clips of a folder of feature shards.

    The weights start from a trained recogniser, which knows the words already, or from a trained aligner.
    """

    def __init__(self, data_dir: Path, start: Path, seed: int) -> None:
        self._tokenizer = train_tokenizer(seed)
        config = aligner_config(self._tokenizer)
        self._model = Qwen3ASRForTokenClassification(config)  # type: ignore[no-untyped-call]
        initialise(self._model)
        self._warm_start(start)
        self._guide = AttentionGuide(self._model.model.language_model, _GUIDED_LAYERS)
        self.trained: nn.Module = self._model
        longest = NUM_CLASSES * BIN_MS // 10
        rendered = (AlignExample(mel, **fields) for mel, fields in read_shards(data_dir))
        clips = [clip for clip in rendered if len(clip.mel) <= longest]
        joined = joined_clips(clips, longest, len(clips) // _CLIPS_PER_JOINED, random.Random(seed))
        clips += list(joined)
        self._curriculum = Curriculum(clips, _BATCH_SECONDS, _SHORT_FRAMES, _SHORT_FIRST)

    def _warm_start(self, start: Path) -> None:
        """Take a checkpoint's weights; of an aligner for shorter clips, the classes that it has."""
        own = self._model.state_dict()
        for name, tensor in load_file(start / "model.safetensors").items():
            own[name][: len(tensor)] = tensor

    def batches(
        self, fraction: Callable[[], float], rng: random.Random, worker: Worker
    ) -> Iterator[AlignBatch]:
        """Yield short clips only at first, then all."""
        for size, group, own in self._curriculum.groups(fraction, rng, worker):
            yield collate(group, size, self._tokenizer, own)

    def losses(self, batch: AlignBatch, _fraction: float) -> Mapping[str, Loss]:
        """Compare classes with true times, at the slots and, as a help, at the audio tokens.

        That every audio token is to name its own time makes the decoder count; the slots then only have
        to find their token, and where to look is taught to a head of two layers.
        """
        with torch.autocast("cpu", torch.bfloat16):
            audio = audio_embeds(self._model, batch.mel, batch.frames)
            states = decoder_states(self._model, batch.input_ids, packed(audio, batch.frames))
        return {
            "slots": Loss(self._loss(states, batch.slot_bins)),
            "audio": Loss(self._loss(states, batch.audio_bins), _AUDIO_WEIGHT),
            "attention": Loss(
                self._guide.loss(batch.slot_bins, batch.audio_bins, _SPREAD_BINS), _GUIDE_WEIGHT
            ),
        }

    def _loss(self, states: Tensor, bins: Tensor) -> Tensor:
        wanted = bins >= 0
        logits = self._model.score(states[wanted].float())
        return functional.cross_entropy(logits, _spread(bins[wanted], logits.shape[-1]))

    def seconds(self, batch: AlignBatch) -> float:
        """Return how much audio a batch holds."""
        return float(batch.frames.sum()) / 100

    def export(self, folder: Path) -> None:
        """Write the checkpoint."""
        save_checkpoint(self._model, self._tokenizer, folder)


def _spread(bins: Tensor, num_classes: int) -> Tensor:
    """Spread true times (n,), in bins, over the classes around them, (n, num_classes), rows summing to 1."""
    distance = torch.arange(num_classes) - bins[:, None]
    return torch.softmax(-0.5 * (distance / _SPREAD_BINS) ** 2, dim=-1)
