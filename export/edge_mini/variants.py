"""Random espeak-ng voice variants: many more speakers than the hundred that the engine comes with.

A variant is a text file that scales the synthesiser's formants, pitch and voice source; its format is
described in espeak-ng's docs/voices.md. The ranges are about those of the engine's own variants.
"""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import random
import re
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

_FORMANTS = range(9)
_LAST_VOWEL_FORMANT, _LAST_SPEECH_FORMANT = 2, 5
_KLATT_SHARE, _MUTED_SHARE = 0.1, 0.4


def data_folder_with(variant: str) -> Path:
    """Return a data folder for espeak-ng's ``--path`` in which the random `variant` (``r`` + number) exists.

    Only the one of the last call does: the engine reads the list of all voices at every start, and
    the list holds 350.
    """
    folder = Path(_linked_data().name)
    variants = folder / "voices" / "!v"
    for earlier in variants.iterdir():
        earlier.unlink()
    (variants / variant).write_text(variant_text(variant), encoding="ascii")
    return folder


@lru_cache(maxsize=1)
def _linked_data() -> tempfile.TemporaryDirectory[str]:
    """Link espeak-ng's data into a folder of this process's own, with no voice variants."""
    original = _installed_data()
    linked = tempfile.TemporaryDirectory(prefix="espeak-ng-")
    for entry in original.iterdir():
        if entry.name != "voices":
            (Path(linked.name) / entry.name).symlink_to(entry)
    (Path(linked.name) / "voices" / "!v").mkdir(parents=True)
    return linked


def variant_text(variant: str) -> str:
    """Contents of a variant's file; the same name always gives the same speaker."""
    rng = random.Random(f"variant/{variant}")
    low_hz = round(rng.uniform(70, 210))
    lines = [
        "language variant",
        f"name {variant}",
        f"pitch {low_hz} {round(low_hz * rng.uniform(1.15, 2.2))}",
        *_formants(rng),
        *_source(rng),
    ]
    return "\n".join(lines) + "\n"


def _formants(rng: random.Random) -> list[str]:
    """Frequency, height and width of each formant in percent; one vocal tract length moves all of them."""
    tract = rng.uniform(82, 132)
    muted = rng.random() < _MUTED_SHARE
    lines = [f"formant 0 {rng.uniform(50, 115):.0f} {rng.uniform(70, 170):.0f} {rng.uniform(70, 190):.0f}"]
    for formant in _FORMANTS[1:]:
        frequency = tract * rng.gauss(1, 0.06)
        lowest, highest = (55, 150) if formant <= _LAST_VOWEL_FORMANT else (0, 130)
        if muted and formant > _LAST_SPEECH_FORMANT:
            highest = 20
        height, width = rng.uniform(lowest, highest), rng.uniform(45, 170)
        lines.append(f"formant {formant} {frequency:.0f} {height:.0f} {width:.0f}")
    return lines


def _source(rng: random.Random) -> list[str]:
    """Voice source, consonants and stress; each is left alone in part of the variants."""
    tone = " ".join(f"{hz} {rng.randint(20, 255)}" for hz in (200, 600, 1200, 2000, 3200))
    stress = " ".join(str(rng.randint(14, 30)) for _ in range(8))
    options = {
        f"voicing {rng.randint(30, 170)}": 0.6,
        f"consonants {rng.randint(50, 130)} {rng.randint(65, 130)}": 0.6,
        f"flutter {rng.randint(0, 6)}": 0.5,
        f"roughness {rng.randint(0, 4)}": 0.4,
        f"tone {tone}": 0.25,
        f"stressAmp {stress}": 0.25,
        f"intonation {rng.randint(1, 4)}": 0.25,
        f"breath 0 {rng.randint(1, 4)} {rng.randint(1, 4)} {rng.randint(1, 4)}": 0.15,
        f"echo {rng.randint(60, 160)} {rng.randint(5, 20)}": 0.15,
        f"klatt {rng.choice((1, 2, 4, 5))}": _KLATT_SHARE,
    }
    return [line for line, share in options.items() if rng.random() < share]


def _installed_data() -> Path:
    version = subprocess.run(["espeak-ng", "--version"], check=True, capture_output=True, text=True)  # noqa: S607
    matched = re.search(r"Data at: (.+)", version.stdout)
    if matched is None:
        raise RuntimeError(f"espeak-ng does not say where its data is: {version.stdout.strip()}")
    return Path(matched.group(1).strip())
