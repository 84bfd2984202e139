"""Synthetic sounds without speech, each of unit RMS unless it is silence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from edge_mini.sentences import Split
from edge_mini.synthesis import SAMPLE_RATE, Waveform

Rng = np.random.Generator
Noise = Callable[[Rng, int], Waveform]

_BEEPING_SHARE = 0.5


def unit_rms(samples: NDArray[np.floating]) -> Waveform:
    """Scale to RMS 1; all-zero input stays zero."""
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0
    return (samples / max(rms, 1e-9)).astype(np.float32)


def _shaped(rng: Rng, count: int, exponent: float, low_hz: float = 0.0, high_hz: float = 8000.0) -> Waveform:
    """White noise whose power falls as 1/f^exponent inside a band."""
    size = 1 << max(count - 1, 255).bit_length()
    spectrum = np.fft.rfft(rng.standard_normal(size))
    freqs = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    gain = np.maximum(freqs, 20.0) ** (-exponent / 2) * ((freqs >= low_hz) & (freqs <= high_hz))
    return unit_rms(np.fft.irfft(spectrum * gain, size)[:count])


def _time(count: int) -> NDArray[np.float64]:
    """Instants of the samples in seconds, shape (count,)."""
    return np.arange(count, dtype=np.float64) / SAMPLE_RATE


def _harmonics(rng: Rng, count: int, base_hz: float, partials: int) -> Waveform:
    time_s = _time(count)
    wave = np.zeros(count)
    for partial in range(1, partials + 1):
        wave += np.sin(2 * np.pi * (base_hz * partial * time_s + rng.random())) * rng.random() / partial
    return unit_rms(wave.astype(np.float32))


def white(rng: Rng, count: int) -> Waveform:
    """Flat spectrum."""
    return _shaped(rng, count, 0.0)


def pink(rng: Rng, count: int) -> Waveform:
    """Power falling as 1/f."""
    return _shaped(rng, count, 1.0)


def brown(rng: Rng, count: int) -> Waveform:
    """Power falling as 1/f^2."""
    return _shaped(rng, count, 2.0)


def hum(rng: Rng, count: int) -> Waveform:
    """Mains hum at 50 or 60 Hz with a little hiss."""
    return unit_rms(_harmonics(rng, count, float(rng.choice([50.0, 60.0])), 12) + 0.05 * white(rng, count))


def band(rng: Rng, count: int) -> Waveform:
    """Noise of one random slope in one random band."""
    low_hz = rng.uniform(20, 2000)
    return _shaped(rng, count, rng.uniform(0, 2), low_hz, low_hz * rng.uniform(1.5, 20))


def gusts(rng: Rng, count: int) -> Waveform:
    """Noise whose level wanders by itself, over 20 dB or more within a second."""
    corners = rng.uniform(-2.5, 0, 2 + int(count / SAMPLE_RATE * rng.uniform(1, 12)))
    level = np.interp(np.arange(count), np.linspace(0, count, corners.size), corners)
    return unit_rms(_shaped(rng, count, rng.uniform(0, 2)) * np.exp(level))


def buzz(rng: Rng, count: int) -> Waveform:
    """Steady harmonics of 40 to 400 Hz over hiss."""
    hiss = rng.uniform(0.02, 1) * _shaped(rng, count, rng.uniform(0, 2))
    return unit_rms(_harmonics(rng, count, rng.uniform(40, 400), int(rng.integers(3, 25))) + hiss)


def tone(rng: Rng, count: int) -> Waveform:
    """One steady or beeping sine."""
    wave = np.sin(2 * np.pi * rng.uniform(100, 3500) * _time(count))
    if rng.random() < _BEEPING_SHARE:
        wave *= np.sin(2 * np.pi * rng.uniform(0.5, 4) * _time(count)) > 0
    return unit_rms(wave.astype(np.float32))


def clicks(rng: Rng, count: int) -> Waveform:
    """Isolated decaying knocks over faint hiss."""
    wave = 0.003 * rng.standard_normal(count)
    for start in rng.integers(0, count, max(1, round(count / SAMPLE_RATE * rng.uniform(1, 6)))):
        length = min(count - int(start), int(rng.integers(40, 1200)))
        decay = np.exp(-np.arange(length) / rng.uniform(10, 300))
        wave[start : start + length] += rng.uniform(0.2, 1) * decay * rng.standard_normal(length)
    return unit_rms(wave.astype(np.float32))


def chords(rng: Rng, count: int) -> Waveform:
    """Music-like triads, a new one every 0.3 to 1.2 s."""
    wave = np.zeros(count, dtype=np.float32)
    start = 0
    while start < count:
        length = min(count - start, int(SAMPLE_RATE * rng.uniform(0.3, 1.2)))
        root_hz = 110.0 * 2 ** (rng.integers(0, 36) / 12)
        triad = (0, int(rng.integers(3, 5)), 7)
        notes = [_harmonics(rng, length, root_hz * 2 ** (step / 12), 5) for step in triad]
        wave[start : start + length] = sum(notes) * np.exp(-np.arange(length) / (SAMPLE_RATE * 0.6))
        start += length
    return unit_rms(wave)


def silence(_rng: Rng, count: int) -> Waveform:
    """Digital zero."""
    return np.zeros(count, dtype=np.float32)


def fan(rng: Rng, count: int) -> Waveform:
    """Band-limited rush with slow amplitude modulation."""
    rush = _shaped(rng, count, 0.7, 80, rng.uniform(1500, 5000))
    swing = 1 + 0.4 * np.sin(2 * np.pi * rng.uniform(0.5, 9) * _time(count))
    return unit_rms((rush * swing).astype(np.float32))


def rain(rng: Rng, count: int) -> Waveform:
    """Dense random drops: sparse impulses over hiss."""
    drops = rng.standard_normal(count) * (rng.random(count) < rng.uniform(0.002, 0.02))
    kernel = np.exp(-np.arange(80) / 12.0) * np.cos(np.arange(80) * rng.uniform(0.5, 2))
    drips = np.convolve(drops, kernel)[:count]
    return unit_rms((drips + 0.05 * rng.standard_normal(count)).astype(np.float32))


def engine(rng: Rng, count: int) -> Waveform:
    """Motor: harmonics of 25 to 45 Hz under brown rumble."""
    return unit_rms(_harmonics(rng, count, rng.uniform(25, 45), 30) + 0.6 * brown(rng, count))


# Babble is speech, so it disturbs speech clips only and is made in augment.py.
BACKGROUNDS: Mapping[Split, Mapping[str, Noise]] = {
    "train": {
        "white": white,
        "pink": pink,
        "brown": brown,
        "hum": hum,
        "band": band,
        "gusts": gusts,
        "buzz": buzz,
    },
    "heldout": {"fan": fan, "rain": rain, "engine": engine},
}
