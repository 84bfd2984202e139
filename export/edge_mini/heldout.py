"""The held-out set as sound files with a manifest: unseen voices, sentences and noises."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from multiprocessing import Pool
from pathlib import Path

import soundfile

from edge_mini.corpus import Utterance, plan, render
from edge_mini.synthesis import SAMPLE_RATE

MANIFEST = "manifest.jsonl"


@dataclass(frozen=True, slots=True)
class Recording:
    """One line of a manifest; `audio` is relative to it, `language` is empty where nobody speaks."""

    id: str
    audio: str
    text: str
    language: str
    duration_s: float
    voice: str
    noise: str


def write_heldout(
    folder: Path, seed: int, speech_per_language: int, no_speech: int, processes: int
) -> list[Recording]:
    """Render the set as 16 kHz mono 16-bit FLAC below `folder` and write its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [(folder, utterance) for utterance in plan("heldout", seed, speech_per_language, no_speech)]
    with Pool(processes) as pool:
        recordings = pool.map(_write_recording, jobs, chunksize=8)
    write_manifest(folder, [asdict(recording) for recording in recordings])
    return recordings


def _write_recording(job: tuple[Path, Utterance]) -> Recording:
    folder, utterance = job
    clip = render(utterance)
    name = f"{utterance.id}.flac"
    soundfile.write(folder / name, clip.samples, SAMPLE_RATE, subtype="PCM_16")
    return Recording(
        id=utterance.id,
        audio=name,
        text=clip.text,
        language=utterance.language or "",
        duration_s=round(clip.duration_s, 3),
        voice=utterance.voice.label if utterance.voice else "",
        noise=utterance.noise,
    )


def write_manifest(folder: Path, rows: Sequence[dict[str, object]]) -> None:
    """Write one JSON object a line."""
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8")


def read_manifest(folder: Path) -> list[Recording]:
    """Read back a manifest written by `write_heldout`."""
    lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    return [Recording(**json.loads(line)) for line in lines]
