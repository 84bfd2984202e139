"""Recordings made of held-out clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_bench.corpus import Variant, read_list
from edge_mini.heldout import MANIFEST, Recording
from edge_mini.heldout_variants import VARIANTS, write_variants

TEXTS = {
    "a": ("Yes.", "English"),
    "b": ("开灯。", "Chinese"),
    "c": ("No.", "English"),
    "d": ("关灯。", "Chinese"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heldout")
    recordings = []
    for name, (text, language) in TEXTS.items():
        soundfile.write(folder / f"{name}.flac", np.full(16_000, 0.5), 16_000, subtype="PCM_16")
        recordings.append(Recording(name, f"{name}.flac", text, language, 1.0, "", "none"))
    assert write_variants(folder, recordings, seed=7, sounds=20) == 2 + 4 + 20
    return folder


@pytest.fixture
def variants(folder: Path) -> tuple[Variant, ...]:
    return read_list(folder / VARIANTS / MANIFEST, Variant)


def test_every_clip_is_in_one_pair_with_a_pause_of_four_seconds_at_most(
    folder: Path, variants: tuple[Variant, ...]
) -> None:
    pairs = [variant for variant in variants if variant.kind == "joined"]
    assert sorted(part for pair in pairs for part in pair.parts) == sorted(TEXTS)
    for pair in pairs:
        samples, rate = soundfile.read(folder / VARIANTS / pair.audio)
        assert 2 * rate <= len(samples) <= 6 * rate
        assert np.all(samples[:rate] == 0.5)
        assert np.all(samples[-rate:] == 0.5)
        assert pair.language == TEXTS[pair.parts[0]][1]


def test_a_second_of_silence_is_at_an_edge_of_every_clip(folder: Path, variants: tuple[Variant, ...]) -> None:
    silent_first = []
    for variant in (variant for variant in variants if variant.kind == "edges"):
        samples, rate = soundfile.read(folder / VARIANTS / variant.audio)
        assert len(samples) == 2 * rate
        assert np.count_nonzero(samples) == rate
        silent_first.append(bool(samples[0] == 0))
    assert sorted(silent_first) == [False, False, True, True]


def test_sounds_are_of_all_kinds_and_without_text(variants: tuple[Variant, ...]) -> None:
    sounds = [variant for variant in variants if variant.kind == "sound"]
    kinds = {sound.id.rpartition("-")[2] for sound in sounds}
    assert {"silence", "tone", "fan", "chirp", "siren", "melody", "alarm", "birds"} <= kinds
    assert not any(sound.text or sound.language or sound.parts for sound in sounds)
