"""From the bytes of a recording to a waveform: libsndfile where it can, ffmpeg where it cannot."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.damage import Damage
from edge_runtime.audio.decoders.sndfile import UnreadableError
from edge_runtime.audio.formats.content import Content, sniff
from edge_runtime.audio.medium import MAX_STREAM_BYTES, Medium
from edge_runtime.audio.mixdown import Mixdown
from edge_runtime.audio.notice import AudioNotice
from edge_runtime.audio.options import LoadOptions
from edge_runtime.audio.parts import mix_parts
from edge_runtime.audio.plan import Plan, plan_for
from edge_runtime.audio.tracks import ClockError, ContainerReader
from edge_runtime.audio.waveform import divide_peak
from edge_runtime.errors import AudioError

_NO_AUDIO: Final = {
    "text": "it is text. A list of recordings is taken as `edge-asr run @LIST`",
    "playlist": "it is a playlist, which names other files. Give the recording that it names",
}
_UNKNOWN_STREAM_BYTES: Final = 64 << 20
_SILENT_PEAK: Final = 1e-4
_SILENT_TRACK: Final = AudioNotice(
    "silent_track", "The audio track that was taken is silent, and there is another."
)


@dataclass(frozen=True, slots=True)
class DecodedAudio:
    """A recording as samples.

    Attributes:
        waveform: mono samples at the rate that was asked for.
        source_rate: rate of the recording in Hz.
        source_channels: channels of the recording.
        notices: what a listener should know.
    """

    waveform: Waveform
    source_rate: int
    source_channels: int
    notices: tuple[AudioNotice, ...]


def stream_limit(head: bytes, name: str) -> int:
    """Return how many bytes of a stream may be read, by its first bytes.

    Raises:
        AudioError: it is text or a playlist.
    """
    content = sniff(lambda offset, count: head[offset : offset + count])
    _require_audio(content, name)
    return _UNKNOWN_STREAM_BYTES if content.name == "unknown" else MAX_STREAM_BYTES


def decode(medium: Medium, target_rate: int, max_audio_s: Seconds, options: LoadOptions) -> DecodedAudio:
    """Decode a whole recording.

    Args:
        medium: the recording.
        target_rate: rate of the result in Hz.
        max_audio_s: longest audio to accept.
        options: choices of the caller.

    Raises:
        AudioTooLongError: it is longer than `max_audio_s`; nothing is cut.
        AudioError: it is not audio, or damaged.
    """
    decoding = Decoding(medium, target_rate, max_audio_s, options)
    try:
        blocks = list(decoding.blocks())
    except ClockError:
        decoding = Decoding(medium, target_rate, max_audio_s, options, clock=False)
        blocks = list(decoding.blocks())
    waveform: Waveform = np.concatenate(blocks)
    mixdown = decoding.mixdown
    return DecodedAudio(
        divide_peak(waveform, mixdown.peak, out=waveform),
        mixdown.source_rate,
        mixdown.source_channels,
        decoding.notices,
    )


class Decoding:
    """One pass over a recording, a block at a time.

    Attributes:
        mixdown: rate, channels and peak of what was decoded so far.
        notices: what a listener should know; complete behind the last block.
    """

    def __init__(
        self,
        medium: Medium,
        target_rate: int,
        max_audio_s: Seconds,
        options: LoadOptions,
        *,
        clock: bool = True,
    ) -> None:
        """Look at the first bytes; raises `AudioError` where they are not audio. Arguments as of `decode`.

        Args:
            medium: the recording.
            target_rate: rate of the blocks in Hz.
            max_audio_s: longest audio to accept.
            options: choices of the caller.
            clock: place samples by the times of the container.
        """
        self._medium, self._options, self._clock = medium, options, clock
        self._content = sniff(medium.read_at)
        _require_audio(self._content, medium.name)
        self.mixdown: Final = Mixdown(medium.name, target_rate, max_audio_s, options.channel)
        self.notices: tuple[AudioNotice, ...] = ()

    def blocks(self) -> Iterator[Waveform]:
        """Yield mono samples, shape (num_samples,), not yet limited by the peak of the whole.

        Raises:
            ClockError: the times of the container make no sense; decode anew without its clock.
            AudioError: as `decode`.
        """
        damage = Damage(self._medium.name, salvage=self._options.salvage)
        plan = plan_for(self._medium, self._content)
        steps = self._steps(plan, damage)
        notices: tuple[AudioNotice, ...] | None = None
        while notices is None:
            try:
                next(steps)
            except StopIteration as end:
                notices = end.value
                self.mixdown.close()
            yield from self.mixdown.take()
        self.notices = tuple(self._findings(damage, plan, notices))

    def _findings(
        self, damage: Damage, plan: Plan, notices: tuple[AudioNotice, ...]
    ) -> Iterator[AudioNotice]:
        yield from (*damage.notices(), *plan.notices, *notices, *self.mixdown.notices())
        if any(notice.code == "several_tracks" for notice in notices) and self.mixdown.peak < _SILENT_PEAK:
            yield _SILENT_TRACK

    def _steps(self, plan: Plan, damage: Damage) -> Generator[None, None, tuple[AudioNotice, ...]]:
        """Decode with libsndfile, or with ffmpeg what that does not take; return notices."""
        name, reason = self._medium.name, "its format is not known"
        if plan.parts:
            try:
                yield from mix_parts(plan, self.mixdown, damage)
                _require_track(self._medium, self._options.audio_track)
            except UnreadableError as error:
                reason = str(error)
            else:
                return ()
        demuxer = self._content.demuxer
        if demuxer is None or not plan.ffmpeg:
            raise AudioError(f"{name}: not readable as audio ({reason}). Give WAV, FLAC, Ogg, MP3, m4a …")
        damage.report(*plan.damage)
        reader = ContainerReader(
            self._medium, demuxer, self._options.audio_track, damage, plan.forgiven, self._clock
        )
        return (yield from reader.read(self.mixdown))


def _require_track(medium: Medium, audio_track: int | str | None) -> None:
    if isinstance(audio_track, str):
        raise AudioError(f"{medium.name}: there is no audio track in {audio_track!r}; it names no language.")
    if audio_track not in {None, 1}:
        raise AudioError(f"{medium.name}: there is no audio track {audio_track}; it has 1.")


def _require_audio(content: Content, name: str) -> None:
    if content.name in _NO_AUDIO:
        raise AudioError(f"{name}: not readable as audio: {_NO_AUDIO[content.name]}.")
