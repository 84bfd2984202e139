"""Greedy transcription with transformers, and error rates against a manifest."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soundfile
import torch
from transformers import AutoProcessor, Qwen3ASRForConditionalGeneration

from edge_mini.heldout import Recording

_BATCH_CLIPS = 12


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What the model answered for one recording; `language` is empty where it heard no speech."""

    recording: Recording
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Scores:
    """Rates from 0 to 1 over a held-out set."""

    english_wer: float
    chinese_cer: float
    language_accuracy: float
    no_speech_accuracy: float
    english_clips: int
    chinese_clips: int
    no_speech_clips: int


def transcribe(checkpoint: Path, folder: Path, recordings: Sequence[Recording]) -> list[Hypothesis]:
    """Transcribe a manifest's recordings, shortest first, with the stored bfloat16 weights in float32."""
    processor: Any = AutoProcessor.from_pretrained(checkpoint)  # type: ignore[no-untyped-call]
    model: Any = Qwen3ASRForConditionalGeneration.from_pretrained(checkpoint, dtype=torch.float32)
    ordered = sorted(recordings, key=lambda recording: recording.duration_s)
    answers: list[Hypothesis] = []
    for start in range(0, len(ordered), _BATCH_CLIPS):
        group = ordered[start : start + _BATCH_CLIPS]
        inputs = _padded([_prepare(processor, folder / item.audio) for item in group], processor)
        generated = model.generate(**inputs, max_new_tokens=200)
        texts = processor.batch_decode(generated[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        for item, parsed in zip(group, processor.parse_output(texts), strict=True):
            answers.append(Hypothesis(item, parsed["language"] or "", parsed["transcription"]))
    return answers


def _prepare(processor: Any, path: Path) -> dict[str, torch.Tensor]:
    samples, _ = soundfile.read(path, dtype="float32")
    prepared: dict[str, torch.Tensor] = processor.apply_transcription_request(audio=samples)
    return prepared


def _padded(items: Sequence[dict[str, torch.Tensor]], processor: Any) -> dict[str, torch.Tensor]:
    """Batch separately prepared clips; batching in the processor would change the shorter ones' features."""
    pad_id = processor.tokenizer.pad_token_id
    longest = max(item["input_ids"].shape[1] for item in items)
    frames = max(item["input_features"].shape[2] for item in items)
    fills = {"input_ids": pad_id, "attention_mask": 0, "input_features": 0.0, "input_features_mask": 0}

    def widen(name: str, tensor: torch.Tensor) -> torch.Tensor:
        audio = name.startswith("input_features")
        missing = (frames if audio else longest) - tensor.shape[-1]
        return torch.nn.functional.pad(tensor, (0, missing) if audio else (missing, 0), value=fills[name])

    return {name: torch.cat([widen(name, item[name]) for item in items]) for name in fills}


def score(answers: Sequence[Hypothesis]) -> Scores:
    """Compute error rates: words for English, characters for Chinese."""
    spoken = [answer for answer in answers if answer.recording.language]
    silent = [answer for answer in answers if not answer.recording.language]
    english = [answer for answer in spoken if answer.recording.language == "English"]
    chinese = [answer for answer in spoken if answer.recording.language == "Chinese"]
    return Scores(
        english_wer=_error_rate(english),
        chinese_cer=_error_rate(chinese),
        language_accuracy=_share(answer.language == answer.recording.language for answer in spoken),
        no_speech_accuracy=_share(not answer.language and not answer.text for answer in silent),
        english_clips=len(english),
        chinese_clips=len(chinese),
        no_speech_clips=len(silent),
    )


def units(text: str, language: str) -> list[str]:
    """Split a transcript into what errors are counted in, without case and punctuation."""
    if language == "Chinese":
        return re.findall(r"[\u4e00-\u9fff]", text)
    kept = (" " if unicodedata.category(char)[0] in "PS" else char for char in text.lower())
    return "".join(kept).split()


def edit_distance(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Count the substitutions, deletions and insertions between two sequences (Levenshtein)."""
    row = list(range(len(hypothesis) + 1))
    for i, expected in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, actual in enumerate(hypothesis, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (expected != actual))
    return row[-1]


def _error_rate(answers: Sequence[Hypothesis]) -> float:
    errors = total = 0
    for answer in answers:
        language = answer.recording.language
        reference = units(answer.recording.text, language)
        errors += edit_distance(reference, units(answer.text, language))
        total += len(reference)
    return errors / max(1, total)


def _share(hits: Iterable[bool]) -> float:
    values = list(hits)
    return sum(values) / max(1, len(values))
