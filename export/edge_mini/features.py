"""Log-mel features of rendered clips, kept on disk as float16 shards."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import Qwen3ASRFeatureExtractor

from edge_mini.corpus import Utterance, render
from edge_mini.synthesis import SAMPLE_RATE, Waveform

LogMel = NDArray[np.float16]
_SHARD_CLIPS = 250


@dataclass(frozen=True, slots=True)
class Example:
    """One training clip: log-mel of shape (frames, 128) in steps of 10 ms, and its transcript."""

    language: str
    text: str
    mel: LogMel


def log_mel(samples: Waveform) -> LogMel:
    """Compute what transformers computes for a single clip, without its padding; (frames, 128)."""
    extract = Qwen3ASRFeatureExtractor()  # type: ignore[no-untyped-call]
    batch = extract(samples, sampling_rate=SAMPLE_RATE, padding="longest", return_attention_mask=True)
    frames = int(batch["attention_mask"].sum())
    mel: NDArray[np.float32] = batch["input_features"][0, :, :frames].numpy()
    return mel.T.astype(np.float16)


def write_shards(
    utterances: Sequence[Utterance], folder: Path, processes: int, report: Callable[[str], None]
) -> float:
    """Render every utterance and store its features; return the total duration in seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    starts = range(0, len(utterances), _SHARD_CLIPS)
    jobs = [
        (folder / f"{start // _SHARD_CLIPS:04d}", utterances[start : start + _SHARD_CLIPS])
        for start in starts
    ]
    total_s = 0.0
    with Pool(processes) as pool:
        for done, duration_s in enumerate(pool.imap_unordered(_write_shard, jobs), 1):
            total_s += duration_s
            report(f"shard {done}/{len(jobs)}: {total_s / 3600:.2f} h")
    return total_s


def _write_shard(job: tuple[Path, Sequence[Utterance]]) -> float:
    stem, utterances = job
    torch.set_num_threads(1)
    clips = [render(utterance) for utterance in utterances]
    mels = [log_mel(clip.samples) for clip in clips]
    np.save(stem.with_suffix(".npy"), np.concatenate(mels))
    rows = [
        {"language": clip.utterance.language or "None", "text": clip.text, "frames": len(mel)}
        for clip, mel in zip(clips, mels, strict=True)
    ]
    stem.with_suffix(".json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return sum(clip.duration_s for clip in clips)


def read_shards(folder: Path) -> list[Example]:
    """Load every stored clip into memory, in a stable order."""
    examples: list[Example] = []
    for index in sorted(folder.glob("*.json")):
        frames = np.load(index.with_suffix(".npy"), mmap_mode="r")  # shared by the training processes
        start = 0
        for row in json.loads(index.read_text(encoding="utf-8")):
            examples.append(Example(row["language"], row["text"], frames[start : start + row["frames"]]))
            start += row["frames"]
    if not examples:
        raise FileNotFoundError(f"no feature shards in {folder}; run: python -m edge_mini synthesise")
    return examples
