"""Random acoustic conditions for clean synthetic speech."""

from __future__ import annotations

import numpy as np
import soxr

from edge_mini.noises import Rng, unit_rms
from edge_mini.synthesis import SAMPLE_RATE, Waveform

_PAUSE_FRAMES = 40


def change_speed(samples: Waveform, factor: float) -> Waveform:
    """Play faster (factor > 1) or slower; pitch moves along as on a tape."""
    resampled = soxr.resample(samples, round(SAMPLE_RATE * factor), SAMPLE_RATE, quality="LQ")
    return np.asarray(resampled, dtype=np.float32)


def insert_pause(rng: Rng, samples: Waveform) -> Waveform:
    """Insert 0.1 to 0.5 s of silence at the quietest 20 ms of the middle half."""
    frame = SAMPLE_RATE // 50
    frames = samples[: samples.size // frame * frame].reshape(-1, frame)
    if frames.shape[0] < _PAUSE_FRAMES:
        return samples
    quarter = len(frames) // 4
    energy = np.square(frames[quarter:-quarter]).mean(axis=1)
    cut = (quarter + int(energy.argmin())) * frame + frame // 2
    pause = np.zeros(int(SAMPLE_RATE * rng.uniform(0.1, 0.5)), dtype=np.float32)
    return np.concatenate([samples[:cut], pause, samples[cut:]])


def add_room(rng: Rng, samples: Waveform) -> Waveform:
    """Convolve with a synthetic impulse response: direct path plus exponentially decaying noise."""
    decay_s = rng.uniform(0.05, 0.35)
    length = int(SAMPLE_RATE * decay_s)
    tail = rng.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    response = rng.uniform(0.05, 0.35) * tail / np.sqrt(np.square(tail).sum())
    response[0] = 1.0
    size = 1 << (samples.size + length).bit_length()
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return wet[: samples.size].astype(np.float32)


def pad_silence(samples: Waveform, before_s: float, after_s: float) -> Waveform:
    """Add digital silence at both ends."""
    return np.pad(samples, (int(SAMPLE_RATE * before_s), int(SAMPLE_RATE * after_s)))


def add_noise(samples: Waveform, noise: Waveform, snr_db: float) -> Waveform:
    """Mix in unit-RMS noise of the same length at a ratio to the RMS of the non-silent samples."""
    loud = samples[np.abs(samples) > 0.01 * np.abs(samples).max(initial=1e-9)]
    speech_rms = float(np.sqrt(np.mean(np.square(loud)))) if loud.size else 1e-4
    return (samples + noise * speech_rms * 10 ** (-snr_db / 20)).astype(np.float32)


def babble(rng: Rng, voices: list[Waveform], count: int, talkers: int = 5) -> Waveform:
    """Sum several looped speech clips, shape (count,), unit RMS."""
    chosen = rng.choice(len(voices), talkers, replace=False)
    mix = sum(np.roll(np.resize(voices[i], count), int(rng.integers(0, count))) for i in chosen)
    return unit_rms(np.asarray(mix, dtype=np.float32))


def set_peak(samples: Waveform, peak: float) -> Waveform:
    """Scale so that the largest sample is `peak`, and round to 16 bits as a sound file would."""
    scaled = samples * (peak / max(float(np.abs(samples).max(initial=0.0)), 1e-9))
    return (np.round(scaled * 32767) / 32768).astype(np.float32)
