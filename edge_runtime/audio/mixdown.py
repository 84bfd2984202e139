"""Blocks of samples in, one mono waveform at the model's rate out, with little more in memory than that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from edge_runtime.arrays import Array, Seconds, Waveform
from edge_runtime.audio.clipping import Clipping
from edge_runtime.audio.notice import AudioNotice
from edge_runtime.audio.waveform import StreamResampler, divide_peak, new_resampler, require_rate
from edge_runtime.errors import AudioError, AudioTooLongError

_CANCELLED: Final = 1e-3
"""Share of the channels' energy that averaging leaves where they cancel each other: 30 dB less."""
_AUDIBLE: Final = 1e-8
"""Mean square from which on a channel counts as sound: -80 dB."""
_ABSURD_PEAK: Final = 10.0
_NEAR_PEAK: Final = 0.1
_FEW: Final = 1e-4
"""Share of samples near an absurd peak up to which they are errors, and not the level of the recording."""
_MANY: Final = 1 << 17
"""More samples than `_FEW` of the longest recording, 20 hours."""


def too_long(name: str, duration_s: Seconds | None, max_audio_s: Seconds) -> AudioTooLongError:
    """Return the error for a recording of `duration_s`, None where that is not known."""
    length = f"more than {max_audio_s:.1f}" if duration_s is None else f"{duration_s:.1f}"
    limit = f"the bundle takes {max_audio_s:.1f} s in one piece"
    return AudioTooLongError(f"{name}: {length} s of audio, {limit}. Split the recording.")


class Mixdown:
    """Collects blocks. What it returns is bit-equal to averaging and resampling the whole at once.

    `finish` returns the whole. Whoever wants no more than a block in memory calls `take` after each block,
    and `close` and `take` behind the last.

    Attributes:
        max_audio_s: longest audio to accept.
        source_rate: rate of the first link in Hz, 0 before it begins.
        source_channels: channels of the first link.
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
        self._blocks: list[Waveform] = []
        self._resampler: StreamResampler | None = None
        self._rate, self._link_samples, self._earlier_s = 1, 0, 0.0
        self._finite = _FiniteCount()
        self._level, self._energy, self._clipping = _Level(), _Energy(), Clipping()

    @property
    def peak(self) -> float:
        """Peak of the waveform so far, before it is limited."""
        return self._level.peak

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
            self._resampler = new_resampler(sample_rate, self._target_rate)

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
            self._append(self._resampler.resample_chunk(mono) if self._resampler else mono)

    def take(self) -> Sequence[Waveform]:
        """Return the blocks that are ready and were not taken yet, not limited by the peak."""
        taken, self._blocks = self._blocks, []
        return taken

    def finish(self) -> Waveform:
        """Return the waveform of all blocks, limited by its peak; raises as `close`."""
        self.close()
        waveform: Waveform = np.concatenate(self.take())
        return divide_peak(waveform, self.peak, out=waveform)

    def close(self) -> None:
        """End the last link.

        Raises:
            AudioError: no samples, or samples that are NaN or infinite.
        """
        self._end()
        self._finite.require_all(self._name)
        if not self._finite.num_samples:
            raise AudioError(f"{self._name}: holds no samples. Give a recording with sound in it.")
        if not self._level.num_samples:
            raise AudioError(
                f"{self._name}: shorter than one sample at {self._target_rate} Hz. Give longer audio."
            )

    def notices(self) -> Iterator[AudioNotice]:
        """Yield what a listener should know of the levels; call it after `close`."""
        if self._energy.cancelled:
            yield AudioNotice(
                "channels_cancel",
                "The channels cancel each other: their average is nearly silent, they are not. "
                "Take one alone with --channel 1.",
            )
        yield from self._clipping.notices()
        num_near, num_samples = self._level.num_near_peak(), self._level.num_samples
        if self.peak > _ABSURD_PEAK and num_near <= max(16, _FEW * num_samples):
            yield AudioNotice(
                "level_spike",
                f"{num_near} of {num_samples} samples reach {self.peak:.0f} times full scale: all the "
                f"others became as much quieter. Repair the recording if text is missing.",
            )

    def _end(self) -> None:
        if self._resampler is not None and self._link_samples:
            self._append(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        self._earlier_s = self.duration_s
        self._resampler, self._link_samples = None, 0

    def _append(self, block: Waveform) -> None:
        self._level.add(block)
        self._blocks.append(block)


class _Level:
    """The peak of blocks, and how many samples come near it."""

    def __init__(self) -> None:
        self.peak, self.num_samples = 0.0, 0
        self._loud: list[Array] = []
        self._num_loud = 0

    def add(self, block: Waveform) -> None:
        if not block.size:
            return
        self.num_samples += block.size
        self.peak = max(self.peak, float(block.max()), -float(block.min()))
        if self.peak > _ABSURD_PEAK * _NEAR_PEAK:
            self._keep(np.abs(block))

    def num_near_peak(self) -> int:
        """Return the number of samples near the peak; where they are very many, of some of them."""
        self._loud = [level[level > _NEAR_PEAK * self.peak] for level in self._loud]
        self._num_loud = sum(level.size for level in self._loud)
        return self._num_loud

    def _keep(self, levels: Array) -> None:
        # Fewer than so many are errors; of more it does not matter how many they are.
        if self._num_loud > _MANY and self.num_near_peak() > _MANY:
            return
        near = levels[levels > _NEAR_PEAK * self.peak]
        if near.size:
            self._loud.append(near)
            self._num_loud += near.size


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
