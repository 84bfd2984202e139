"""Synthetic sounds without speech whose pitch moves, each of unit RMS: glides, sirens, melodies, humming."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_mini.noises import Rng, unit_rms
from edge_mini.synthesis import SAMPLE_RATE, Waveform

_TWO_PI = 2 * np.pi
_HIGHEST_HZ = 7800.0
_Curve = NDArray[np.float64]

_GLIDE_UP_SHARE, _EXPONENTIAL_SHARE, _SINGLE_SHARE = 0.6, 0.5, 0.35
_SEMITONES = (0, 2, 4, 5, 7, 9, 11, 12)


def chirp(rng: Rng, count: int) -> Waveform:
    """Tones that rise, or fall, once or again and again, with or without gaps."""
    period = count if rng.random() < _SINGLE_SHARE else int(SAMPLE_RATE * rng.uniform(0.05, 2.0))
    phase = (np.arange(count) % max(period, 2)) / max(period, 2)
    low_hz = np.exp(rng.uniform(np.log(60), np.log(2500)))
    high_hz = min(_HIGHEST_HZ, low_hz * np.exp(rng.uniform(np.log(1.2), np.log(30))))
    way = phase if rng.random() < _GLIDE_UP_SHARE else 1 - phase
    exponential = rng.random() < _EXPONENTIAL_SHARE
    pitch_hz = low_hz * (high_hz / low_hz) ** way if exponential else low_hz + (high_hz - low_hz) * way
    sounding = phase < rng.choice([1.0, rng.uniform(0.2, 1.0)])
    return unit_rms(_voiced(rng, pitch_hz) * sounding)


def siren(rng: Rng, count: int) -> Waveform:
    """A tone that swings up and down, slowly as a siren or fast as a ring or a trill."""
    time_s = np.arange(count) / SAMPLE_RATE
    rate_hz = np.exp(rng.uniform(np.log(0.05), np.log(25)))
    swing = np.sin(_TWO_PI * (rate_hz * time_s + rng.random()))
    if rng.random() < _EXPONENTIAL_SHARE:
        swing = np.sign(swing)
    centre_hz = np.exp(rng.uniform(np.log(150), np.log(3500)))
    return unit_rms(_voiced(rng, centre_hz * 2 ** (swing * rng.uniform(0.05, 1.2))))


def melody(rng: Rng, count: int) -> Waveform:
    """Single notes of a scale, gliding or not, over a beat or not."""
    note_s = np.exp(rng.uniform(np.log(0.08), np.log(0.8)))
    starts = np.arange(0, count, max(1, int(SAMPLE_RATE * note_s)))
    base_hz = np.exp(rng.uniform(np.log(80), np.log(900)))
    steps = rng.choice(_SEMITONES, starts.size) + 12 * rng.integers(0, 2, starts.size)
    since = np.arange(count) - np.repeat(starts, np.diff(np.append(starts, count)))
    pitch_hz = base_hz * 2 ** (_held(rng, steps / 12.0, starts, count))
    decay = np.exp(-since / (SAMPLE_RATE * rng.uniform(0.08, 1.0)))
    wave = _voiced(rng, pitch_hz) * decay * np.minimum(1, since / (SAMPLE_RATE * rng.uniform(0.002, 0.05)))
    return unit_rms(unit_rms(wave) + rng.choice([0.0, rng.uniform(0.1, 1.5)]) * drums(rng, count))


def drums(rng: Rng, count: int) -> Waveform:
    """A beat of low knocks and hissing strokes."""
    beat = int(SAMPLE_RATE * rng.uniform(0.12, 0.6))
    since = np.arange(count) % beat
    second = (np.arange(count) // beat) % rng.integers(2, 5) == 0
    knock_hz = rng.uniform(40, 90) * (1 + 3 * np.exp(-since / (SAMPLE_RATE * 0.02)))
    knock = np.sin(_TWO_PI * np.cumsum(knock_hz) / SAMPLE_RATE) * np.exp(-since / (SAMPLE_RATE * 0.08))
    hiss = rng.standard_normal(count) * np.exp(-since / (SAMPLE_RATE * rng.uniform(0.01, 0.08)))
    return unit_rms(knock * second + rng.uniform(0.05, 0.8) * hiss)


def humming(rng: Rng, count: int) -> Waveform:
    """A wandering low pitch with many harmonics, as of a voice that hums or an instrument that slides."""
    corners = 2 + int(count / SAMPLE_RATE * rng.uniform(0.5, 4))
    places = np.linspace(0, count, corners)
    octaves = np.interp(np.arange(count), places, rng.uniform(-0.6, 0.6, corners))
    level = np.interp(np.arange(count), places, np.maximum(0, rng.uniform(-0.3, 1, corners)))
    return unit_rms(_voiced(rng, rng.uniform(70, 350) * 2**octaves, partials=24) * level)


def alarm(rng: Rng, count: int) -> Waveform:
    """Rows of short beeps of two pitches, with rests; in no training."""
    time_s = np.arange(count) / SAMPLE_RATE
    beep = (time_s * rng.uniform(3, 10)) % 1
    row = (time_s * rng.uniform(0.4, 1.2)) % 1 < rng.uniform(0.4, 0.9)
    low_hz = rng.uniform(600, 2000)
    pitch_hz = np.where(beep < rng.uniform(0.3, 0.5), low_hz, low_hz * rng.uniform(1.1, 1.6))
    square = np.sign(np.sin(_TWO_PI * np.cumsum(pitch_hz) / SAMPLE_RATE))
    return unit_rms(square * (beep < rng.uniform(0.6, 1)) * row + 1e-3 * rng.standard_normal(count))


def birds(rng: Rng, count: int) -> Waveform:
    """Short whistled calls that rise, fall or trill, over faint wind; in no training."""
    wave = 0.02 * np.cumsum(rng.standard_normal(count)) / np.sqrt(max(count, 1))
    for start in rng.integers(0, count, max(1, round(count / SAMPLE_RATE * rng.uniform(1, 5)))):
        length = min(count - int(start), int(SAMPLE_RATE * rng.uniform(0.04, 0.35)))
        phase = np.arange(length) / max(length, 1)
        bend = rng.uniform(-0.6, 0.6) * phase + rng.uniform(0, 0.2) * np.sin(
            _TWO_PI * rng.uniform(2, 12) * phase
        )
        pitch_hz = rng.uniform(1500, 4500) * 2**bend
        call = np.sin(_TWO_PI * np.cumsum(pitch_hz) / SAMPLE_RATE) * np.sin(np.pi * phase)
        wave[start : start + length] += rng.uniform(0.3, 1) * call
    return unit_rms(wave)


def _voiced(rng: Rng, pitch_hz: _Curve, partials: int = 8) -> _Curve:
    """Sum the harmonics below the highest frequency of a moving pitch, (count,); often of the pitch alone."""
    turns = np.cumsum(pitch_hz) / SAMPLE_RATE
    wave = np.sin(_TWO_PI * turns)
    slope = rng.uniform(0.3, 2)
    for partial in range(2, 1 + int(rng.choice([1, int(rng.integers(1, partials + 1))]))):
        height = rng.uniform(0.3, 1) * partial**-slope
        wave += (
            height * np.sin(_TWO_PI * (partial * turns + rng.random())) * (partial * pitch_hz < _HIGHEST_HZ)
        )
    return wave


def _held(rng: Rng, octaves: _Curve, starts: NDArray[np.int64], count: int) -> _Curve:
    """Hold each note's pitch until the next, or slide to it, (count,)."""
    if rng.random() < _EXPONENTIAL_SHARE:
        return np.repeat(octaves, np.diff(np.append(starts, count)))
    return np.interp(np.arange(count), starts, octaves)
