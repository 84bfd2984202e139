"""The aligner's held-out set as sound files with a manifest: unseen voices, sentences and noises."""

from __future__ import annotations

import json
import shutil
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import soundfile

from edge_mini.corpus import LANGUAGES, Utterance
from edge_mini.heldout import MANIFEST, write_manifest
from edge_mini.synthesis import SAMPLE_RATE
from edge_mini.timed_corpus import plan_timed, render_timed
from edge_runtime.text.units import split_units

# Of the committed clips, by duration: shares of the held-out clips that are shorter.
_CLIP_PLACES = (0.1, 0.3, 0.5, 0.7)


def write_timed(folder: Path, seed: int, per_language: int, processes: int) -> int:
    """Render the set as 16 kHz mono 16-bit FLAC below `folder`, write its manifest, and count its clips."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [(folder, utterance) for utterance in plan_timed("heldout", seed, per_language)]
    with Pool(processes) as pool:
        rows = [row for row in pool.map(_write_clip, jobs, chunksize=8) if row]
    write_manifest(folder, rows)
    return len(rows)


def _write_clip(job: tuple[Path, Utterance]) -> dict[str, object]:
    folder, utterance = job
    clip = render_timed(utterance)
    if clip is None:
        return {}
    name = f"{utterance.id}.flac"
    soundfile.write(folder / name, clip.samples, SAMPLE_RATE, subtype="PCM_16")
    units = split_units(clip.text, utterance.language)
    assert utterance.voice is not None
    return {
        "id": utterance.id,
        "audio": name,
        "text": clip.text,
        "language": utterance.language,
        "units": [
            {"text": unit.text, "start": round(span.start, 3), "end": round(span.end, 3)}
            for unit, span in zip(units, clip.spans, strict=True)
        ],
        "voice": utterance.voice.label,
        "noise": utterance.noise,
    }


def write_clips(source: Path, folder: Path) -> int:
    """Copy a few clips of each language, a spread of durations, with their manifest; return how many."""
    rows = [json.loads(line) for line in (source / MANIFEST).read_text(encoding="utf-8").splitlines()]
    chosen = []
    for language in LANGUAGES:
        ordered = sorted((row for row in rows if row["language"] == language), key=_last_end)
        chosen += [ordered[int(place * len(ordered))] for place in _CLIP_PLACES]
    folder.mkdir(parents=True, exist_ok=True)
    for row in chosen:
        shutil.copyfile(source / row["audio"], folder / row["audio"])
    write_manifest(folder, chosen)
    return len(chosen)


def _last_end(row: dict[str, Any]) -> float:
    return float(row["units"][-1]["end"])
