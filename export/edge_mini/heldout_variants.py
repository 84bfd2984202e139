"""Recordings made of the held-out clips, joined in pairs or with silence at an edge, and of mere sounds."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from edge_mini import augment
from edge_mini.heldout import Recording, write_manifest
from edge_mini.no_speech import HELDOUT_SOUNDS
from edge_mini.noises import BACKGROUNDS, Rng
from edge_mini.sentences import join_texts
from edge_mini.synthesis import SAMPLE_RATE, Waveform

VARIANTS = "variants"
"""Their folder, below that of the clips."""

_EDGE_S, _LONGEST_PAUSE_S, _LONGEST_S = 1.0, 4.0, 30.0
_NOISY_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Variant:
    """One recording: the clips that it is made of, its kind, language, text and sound."""

    id: str
    kind: str
    parts: tuple[str, ...]
    language: str
    text: str
    samples: Waveform


def write_variants(folder: Path, recordings: Sequence[Recording], seed: int, sounds: int) -> int:
    """Write the variants of a held-out set, and their manifest, to a folder below it; return how many."""
    spoken = [recording for recording in recordings if recording.language]
    random.Random(f"{seed}/variants").shuffle(spoken)
    rng = np.random.default_rng([seed, len(spoken)])
    made = [*_joined(rng, folder, spoken), *_edges(folder, spoken), *_sounds(rng, sounds)]
    target = folder / VARIANTS
    target.mkdir(exist_ok=True)
    rows: list[dict[str, object]] = []
    for variant in made:
        name = f"{variant.id}.flac"
        soundfile.write(target / name, variant.samples, SAMPLE_RATE, subtype="PCM_16")
        fields = {"id": variant.id, "audio": name, "text": variant.text, "language": variant.language}
        rows.append({**fields, "kind": variant.kind, "parts": variant.parts})
    write_manifest(target, rows)
    return len(rows)


def _joined(rng: Rng, folder: Path, spoken: Sequence[Recording]) -> Iterator[Variant]:
    """Join pairs as they come, with 0 to 4 s between; voices, levels and languages are mixed."""
    for first, second in zip(spoken[::2], spoken[1::2], strict=False):
        free_s = _LONGEST_S - first.duration_s - second.duration_s
        if free_s < 0:
            continue
        before, after = _samples(folder, first), _samples(folder, second)
        pause = _pause(rng, min(free_s, rng.uniform(0, _LONGEST_PAUSE_S)), float(np.abs(before).max()))
        yield Variant(
            id=f"joined-{first.id}-{second.id}",
            kind="joined",
            parts=(first.id, second.id),
            language=first.language,
            text=join_texts([first.text, second.text]),
            samples=np.concatenate([before, pause, after]),
        )


def _pause(rng: Rng, duration_s: float, peak: float) -> Waveform:
    """Make digital silence, or noise with a peak 10 to 40 dB below that of the clip before."""
    count = int(duration_s * SAMPLE_RATE)
    if not count or rng.random() > _NOISY_SHARE:
        return np.zeros(count, np.float32)
    noise = BACKGROUNDS["heldout"][str(rng.choice(list(BACKGROUNDS["heldout"])))]
    return augment.set_peak(noise(rng, count), peak * 10 ** (-rng.uniform(10, 40) / 20))


def _edges(folder: Path, spoken: Sequence[Recording]) -> Iterator[Variant]:
    """Put a second of digital silence before every other clip, and behind the others."""
    for index, clip in enumerate(spoken):
        before_s, after_s = (_EDGE_S, 0.0) if index % 2 else (0.0, _EDGE_S)
        if clip.duration_s + _EDGE_S <= _LONGEST_S:
            samples = augment.pad_silence(_samples(folder, clip), before_s, after_s)
            yield Variant(f"edges-{clip.id}", "edges", (clip.id,), clip.language, clip.text, samples)


def _sounds(rng: Rng, count: int) -> Iterator[Variant]:
    for index in range(count):
        name = list(HELDOUT_SOUNDS)[index % len(HELDOUT_SOUNDS)]
        samples = HELDOUT_SOUNDS[name](rng, int(SAMPLE_RATE * np.exp(rng.uniform(np.log(0.3), np.log(15)))))
        if name != "silence":
            samples = augment.set_peak(samples, float(np.exp(rng.uniform(np.log(0.01), np.log(0.95)))))
        yield Variant(f"sound-{index:03d}-{name}", "sound", (), "", "", samples)


def _samples(folder: Path, recording: Recording) -> Waveform:
    samples: Waveform = soundfile.read(folder / recording.audio, dtype="float32")[0]
    return samples
