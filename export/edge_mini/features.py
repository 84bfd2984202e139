"""Log-mel features of rendered clips, kept on disk as float16 shards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import Qwen3ASRFeatureExtractor

from edge_mini.corpus import Utterance
from edge_mini.synthesis import SAMPLE_RATE, Waveform

LogMel = NDArray[np.float16]
_SHARD_CLIPS = 250


@dataclass(frozen=True, slots=True)
class Sample:
    """A rendered clip, 16 kHz mono, and what a shard's index is to say of it."""

    samples: Waveform
    fields: Mapping[str, object]


def log_mel(samples: Waveform) -> LogMel:
    """Compute what transformers computes for a single clip, without its padding; (frames, 128)."""
    extract = Qwen3ASRFeatureExtractor()  # type: ignore[no-untyped-call]
    batch = extract(samples, sampling_rate=SAMPLE_RATE, padding="longest", return_attention_mask=True)
    frames = int(batch["attention_mask"].sum())
    mel: NDArray[np.float32] = batch["input_features"][0, :, :frames].numpy()
    return mel.T.astype(np.float16)


def write_shards(
    utterances: Sequence[Utterance],
    make: Callable[[Utterance], Sample | None],
    folder: Path,
    processes: int,
    report: Callable[[str], None],
) -> float:
    """Render utterances with `make`, which is picklable and may give none, and store their features.

    Returns:
        The total duration in seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    starts = range(0, len(utterances), _SHARD_CLIPS)
    jobs = [
        (folder / f"{start // _SHARD_CLIPS:04d}", make, utterances[start : start + _SHARD_CLIPS])
        for start in starts
    ]
    total_s = 0.0
    with Pool(processes) as pool:
        for done, duration_s in enumerate(pool.imap_unordered(_write_shard, jobs), 1):
            total_s += duration_s
            report(f"shard {done}/{len(jobs)}: {total_s / 3600:.2f} h")
    return total_s


def _write_shard(job: tuple[Path, Callable[[Utterance], Sample | None], Sequence[Utterance]]) -> float:
    stem, make, utterances = job
    torch.set_num_threads(1)
    made = [sample for sample in map(make, utterances) if sample is not None]
    mels = [log_mel(sample.samples) for sample in made]
    np.save(stem.with_suffix(".npy"), np.concatenate(mels))
    rows = [{**sample.fields, "frames": len(mel)} for sample, mel in zip(made, mels, strict=True)]
    stem.with_suffix(".json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return sum(sample.samples.size for sample in made) / SAMPLE_RATE


def read_shards(folder: Path) -> Iterator[tuple[LogMel, dict[str, Any]]]:
    """Yield the features and the fields of every stored clip, in a stable order.

    Raises:
        FileNotFoundError: there are none.
    """
    indices = sorted(folder.glob("*.json"))
    if not indices:
        raise FileNotFoundError(
            f"no feature shards in {folder}; synthesise them first: python -m edge_mini --help"
        )
    for index in indices:
        frames = np.load(index.with_suffix(".npy"), mmap_mode="r")  # shared by the training processes
        start = 0
        for row in json.loads(index.read_text(encoding="utf-8")):
            end = start + row.pop("frames")
            yield frames[start:end], row
            start = end
