"""Blocks of samples in, one mono waveform at the model's rate out, with little more in memory than that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

import numpy as np

from edge_runtime.arrays import Array, Seconds, Waveform
from edge_runtime.audio.clipping import Clipping
from edge_runtime.audio.notice import AudioNotice
from edge_runtime.audio.waveform import limit_peak, require_rate
from edge_runtime.errors import AudioError, AudioTooLongError

_CANCELLED: Final = 1e-3
"""Share of the channels' energy that averaging leaves where they cancel each other: 30 dB less."""
_AUDIBLE: Final = 1e-8
"""Mean square from which on a channel counts as sound: -80 dB."""
_ABSURD_PEAK: Final = 10.0
_NEAR_PEAK: Final = 0.1
_FEW: Final = 1e-4
"""Share of samples near an absurd peak up to which they are errors, and not the level of the recording."""


class _Resampler(Protocol):
    def resample_chunk(self, x: Array, last: bool = ...) -> Array: ...  # noqa: FBT001  # of soxr


def too_long(name: str, duration_s: Seconds | None, max_audio_s: Seconds) -> AudioTooLongError:
    """Return the error for a recording of `duration_s`, None where that is not known."""
    length = f"more than {max_audio_s:.1f}" if duration_s is None else f"{duration_s:.1f}"
    limit = f"the bundle takes {max_audio_s:.1f} s in one piece"
    return AudioTooLongError(f"{name}: {length} s of audio, {limit}. Split the recording.")


class Mixdown:
    """Collects blocks. What it returns is bit-equal to averaging and resampling the whole at once.

    Attributes:
        max_audio_s: longest audio to accept.
        source_rate: rate of the first link in Hz, 0 before it begins.
        source_channels: channels of the first link.
        peak: of the waveform before it was limited; known after `finish`.
    """

    def __init__(self, name: str, target_rate: int, max_audio_s: Seconds, channel: int | None) -> None:
        """Take what messages call the recording, and the form of the result.

        Args:
            name: of the recording, for messages.
            target_rate: rate of the result in Hz.
            max_audio_s: longest audio to accept.
            channel: take this channel alone, 1 is the first; None averages all.
        """
        self._name, self._target_rate = name, target_rate
        self.max_audio_s, self._channel = max_audio_s, channel
        self.source_rate = self.source_channels = 0
        self._blocks: list[Array] = []
        self._resampler: _Resampler | None = None
        self._rate, self._link_samples, self._earlier_s = 1, 0, 0.0
        self._finite = _FiniteCount()
        self.peak, self._num_near, self._size = 0.0, 0, 0
        self._energy, self._clipping = _Energy(), Clipping()

    def fresh(self) -> Mixdown:
        """Return one like this that has taken nothing yet."""
        return Mixdown(self._name, self._target_rate, self.max_audio_s, self._channel)

    @property
    def duration_s(self) -> Seconds:
        """Length of what was taken so far, at its own rate."""
        return self._earlier_s + self._link_samples / self._rate

    def require_room(self, duration_s: Seconds) -> None:
        """Refuse what is to come before it is decoded.

        Args:
            duration_s: length of what is to come.

        Raises:
            AudioTooLongError: with what was taken so far it is too long.
        """
        if self.duration_s + duration_s > self.max_audio_s:
            raise too_long(self._name, self.duration_s + duration_s, self.max_audio_s)

    def begin(self, sample_rate: int, num_channels: int) -> None:
        """Start a link: samples of one rate and number of channels, behind those of the last link.

        Raises:
            AudioError: an impossible rate, or there is no such channel.
        """
        self._end()
        try:
            require_rate(sample_rate)
        except AudioError as error:
            raise AudioError(f"{self._name}: {error}") from error
        if self._channel is not None and not 1 <= self._channel <= num_channels:
            raise AudioError(
                f"{self._name}: there is no channel {self._channel}; it has {num_channels}, counted from 1."
            )
        self.source_rate = self.source_rate or sample_rate
        self.source_channels = self.source_channels or num_channels
        self._rate = sample_rate
        if sample_rate != self._target_rate:
            self._resampler = _new_resampler(sample_rate, self._target_rate)

    def add(self, samples: Array) -> None:
        """Take a block of float32 samples, shape (num_samples, num_channels).

        Raises:
            AudioTooLongError: this is more than the longest audio.
        """
        self._link_samples += len(samples)
        if self.duration_s > self.max_audio_s:
            raise too_long(self._name, None, self.max_audio_s)
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # what becomes infinite or NaN here is refused later
            if self._channel is not None:
                mono: Array = np.ascontiguousarray(samples[:, self._channel - 1])
            elif samples.shape[1] == 1:
                mono = samples[:, 0]
            else:
                mono = samples.mean(axis=1, dtype=np.float32)
                self._energy.add(samples, mono)
            self._clipping.add(samples if self._channel is None else mono)
        if self._finite.add(mono):
            self._blocks.append(self._resampler.resample_chunk(mono) if self._resampler else mono)

    def finish(self) -> Waveform:
        """Return the waveform.

        Raises:
            AudioError: no samples, or samples that are NaN or infinite.
        """
        self._end()
        self._finite.require_all(self._name)
        if not self._finite.num_samples:
            raise AudioError(f"{self._name}: holds no samples. Give a recording with sound in it.")
        waveform: Waveform = np.concatenate(self._blocks)
        self._blocks.clear()
        if not waveform.size:
            raise AudioError(
                f"{self._name}: shorter than one sample at {self._target_rate} Hz. Give longer audio."
            )
        self.peak, waveform = limit_peak(waveform, out=waveform)
        if self.peak > _ABSURD_PEAK:
            self._num_near = int(np.count_nonzero(np.abs(waveform) > _NEAR_PEAK))
        self._size = waveform.size
        return waveform

    def notices(self) -> Iterator[AudioNotice]:
        """Yield what a listener should know of the levels; call it after `finish`."""
        if self._energy.cancelled:
            yield AudioNotice(
                "channels_cancel",
                "The channels cancel each other: their average is nearly silent, they are not. "
                "Take one alone with --channel 1.",
            )
        yield from self._clipping.notices()
        if self.peak > _ABSURD_PEAK and self._num_near <= max(16, _FEW * self._size):
            yield AudioNotice(
                "level_spike",
                f"{self._num_near} of {self._size} samples reach {self.peak:.0f} times full scale: all the "
                f"others became as much quieter. Repair the recording if text is missing.",
            )

    def _end(self) -> None:
        if self._resampler is not None and self._link_samples:
            self._blocks.append(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        self._earlier_s = self.duration_s
        self._resampler, self._link_samples = None, 0


class _FiniteCount:
    """Counts samples, and those that are NaN or infinite."""

    def __init__(self) -> None:
        self.num_samples = self._num_bad = self._first_bad = 0

    def add(self, mono: Array) -> bool:
        """Take a block; return whether all samples so far are finite."""
        finite = np.isfinite(mono)
        if not finite.all():
            if not self._num_bad:
                self._first_bad = self.num_samples + int(np.argmin(finite))
            self._num_bad += mono.size - int(np.count_nonzero(finite))
        self.num_samples += mono.size
        return not self._num_bad

    def require_all(self, name: str) -> None:
        if self._num_bad:
            raise AudioError(
                f"{name}: {self._num_bad} of {self.num_samples} samples are NaN or infinite "
                f"(the first is sample {self._first_bad}). Repair the recording or decode it again."
            )


class _Energy:
    """Compares the energy of the average with that of the channels."""

    def __init__(self) -> None:
        self._mono = self._channels = 0.0
        self._num_samples = 0

    def add(self, samples: Array, mono: Array) -> None:
        self._mono += float(np.vdot(mono, mono))
        self._channels += float(np.vdot(samples, samples)) / samples.shape[1]
        self._num_samples += len(samples)

    @property
    def cancelled(self) -> bool:
        """Whether the channels are heard and their average hardly is."""
        audible = self._channels > _AUDIBLE * self._num_samples
        return audible and self._mono < _CANCELLED * self._channels


def _new_resampler(sample_rate: int, target_rate: int) -> _Resampler:
    import soxr  # noqa: PLC0415  # only audio of another rate needs it

    resampler: _Resampler = soxr.ResampleStream(sample_rate, target_rate, 1, dtype="float32", quality="HQ")
    return resampler
