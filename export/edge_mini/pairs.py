"""Pairs of a recording and a text, right ones and twelve kinds of wrong ones, of the held-out clips."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile

from edge_mini import augment
from edge_mini.heldout import MANIFEST, write_manifest
from edge_mini.mismatched import WRONG, mismatched
from edge_mini.no_speech import HELDOUT_SOUNDS
from edge_mini.noises import BACKGROUNDS, Rng, chords
from edge_mini.sentences import join_texts
from edge_mini.spoken import Spoken
from edge_mini.synthesis import SAMPLE_RATE, Waveform

RIGHT = ("clip", "joined", "noise", "music", "silence")
_JOINED_S = (6.0, 30.0)
_NOISE_DB, _MUSIC_DB = (10, 25), (15, 30)
"""Below the speech; under louder music the mini aligner is lost."""
_MIN_SENTENCES = 5
_LONGEST_SILENCE_S, _LONGEST_PAUSE_S = 12.0, 1.0
_MUSIC_S = 12.0
_PEAK, _MAX_LOUDER_DB = 0.4, 4.0
_SINGLE_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of the list; `units` are the words with their true times, where the text is right."""

    id: str
    audio: str
    text: str
    language: str
    kind: str
    match: bool
    units: tuple[dict[str, object], ...]


def write_pairs(source: Path, folder: Path, seed: int, per_wrong: int, per_right: int) -> int:
    """Write recordings and a list of pairs to a folder; return how many pairs."""
    rows = (source / MANIFEST).read_text(encoding="utf-8").splitlines()
    clips = [_read(source, json.loads(row)) for row in rows]
    draws, rng = random.Random(seed), np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    made = [*_right(clips, draws, rng, per_right), *_wrong(clips, draws, rng, per_wrong)]
    written = []
    for number, (kind, spoken, text, language) in enumerate(made):
        name = f"{number:04d}-{kind}.flac"
        soundfile.write(folder / name, spoken.samples, SAMPLE_RATE, subtype="PCM_16")
        match = kind not in WRONG or kind == "music_in_front"  # there the times tell
        units = spoken.units if match else ()
        written.append(asdict(Pair(name[:-5], name, text, language, kind, match, units)))
    write_manifest(folder, written)
    return len(written)


_Made = tuple[str, Spoken, str, str]


def _read(source: Path, row: dict[str, object]) -> Spoken:
    samples: Waveform = soundfile.read(source / str(row["audio"]), dtype="float32")[0]
    return Spoken(samples, str(row["text"]), str(row["language"]), tuple(row["units"]))  # type: ignore[arg-type]


def _right(clips: Sequence[Spoken], draws: random.Random, rng: Rng, count: int) -> Iterator[_Made]:
    for kind in RIGHT:
        for _ in range(count):
            alone = kind == "clip" or draws.random() < _SINGLE_SHARE
            spoken = draws.choice(clips) if alone else _joined(clips, draws)
            spoken = _disturbed(spoken, kind, draws, rng)
            yield kind, spoken, spoken.text, spoken.language


def _disturbed(spoken: Spoken, kind: str, draws: random.Random, rng: Rng) -> Spoken:
    """Put noise or music under a recording, or silence around it."""
    count = spoken.samples.size
    if kind == "noise":
        background = draws.choice(list(BACKGROUNDS["heldout"].values()))(rng, count)
        return spoken.with_samples(augment.add_noise(spoken.samples, background, draws.uniform(*_NOISE_DB)))
    if kind == "music":
        music = chords(rng, count)
        return spoken.with_samples(augment.add_noise(spoken.samples, music, draws.uniform(*_MUSIC_DB)))
    if kind == "silence":
        return spoken.later(_silence(draws.uniform(0, _LONGEST_SILENCE_S))).longer(
            _silence(draws.uniform(0, _LONGEST_SILENCE_S))
        )
    return spoken


def _wrong(clips: Sequence[Spoken], draws: random.Random, rng: Rng, count: int) -> Iterator[_Made]:
    for kind in WRONG:
        for _ in range(count):
            spoken, other = _joined(clips, draws), _joined(clips, draws)
            while (
                other.language == spoken.language
                if kind == "other_language"
                else other.language != spoken.language
            ):
                other = _joined(clips, draws)
            if kind == "music_in_front":
                front = augment.set_peak(
                    chords(rng, int(_MUSIC_S * SAMPLE_RATE)), float(np.abs(spoken.samples).max())
                )
                spoken = spoken.later(front)
            if kind == "nobody_speaks":
                name = draws.choice([name for name in HELDOUT_SOUNDS if name != "silence"])
                sound = HELDOUT_SOUNDS[name](rng, spoken.samples.size)
                spoken = spoken.with_samples(augment.set_peak(sound, 0.3))
            text, language = mismatched(kind, spoken, other, draws)
            yield kind, spoken, text, language


def _joined(clips: Sequence[Spoken], draws: random.Random) -> Spoken:
    """Join clips of a language, five sentences at least."""
    language = draws.choice(sorted({clip.language for clip in clips}))
    own = [clip for clip in clips if clip.language == language]
    min_duration_s = draws.uniform(*_JOINED_S)
    joined = _levelled(draws.choice(own), draws)
    while len(joined.sentences) < _MIN_SENTENCES or joined.duration_s < min_duration_s:
        after = _levelled(draws.choice(own), draws)
        pause = _silence(draws.uniform(0.1, _LONGEST_PAUSE_S))
        joined = joined.followed_by(pause, after, join_texts([joined.text, after.text]))
    return joined


def _levelled(spoken: Spoken, draws: random.Random) -> Spoken:
    """Return a clip as loud as those that it is joined with: the speakers of one recording."""
    peak = _PEAK * 10 ** (draws.uniform(-_MAX_LOUDER_DB, _MAX_LOUDER_DB) / 20)
    return spoken.with_samples(augment.set_peak(spoken.samples, peak))


def _silence(duration_s: float) -> Waveform:
    return np.zeros(int(duration_s * SAMPLE_RATE), np.float32)
