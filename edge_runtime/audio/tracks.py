"""Decode a track of a container with ffmpeg, and say what became of it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.audio.damage import Damage
from edge_runtime.audio.decoders.ffmpeg import FfmpegDecoder, open_decoder
from edge_runtime.audio.decoders.ffmpeg_log import FfmpegLog
from edge_runtime.audio.medium import Medium
from edge_runtime.audio.mixdown import Mixdown, too_long
from edge_runtime.audio.notice import AudioNotice
from edge_runtime.audio.track_choice import choose_track, listed
from edge_runtime.errors import AudioError, AudioTooLongError

_SHORT_S: Final[Seconds] = 0.5
_SHORT_SHARE: Final = 0.02
"""A track may end so much before its container says; encoders round."""
_MAX_SILENCE: Final = 0.5
"""Share of the longest audio from which on silence in gaps is a fault of the clock."""
_NO_CLOCK: Final = AudioNotice(
    "clock_ignored",
    "The times that the container gives contradict each other, so its sound was taken as it follows: "
    "times may be off.",
)


class ClockError(Exception):
    """The times of a container contradict each other."""


@dataclass(frozen=True, slots=True)
class ContainerReader:
    """Reads a track of a container.

    Attributes:
        medium: the recording.
        demuxer: what ffmpeg calls the container.
        audio_track: 1 is the first; a language takes the first track in it; None the default track, or
            else the first.
        damage: takes what is wrong.
        forgiven: so many complaints of ffmpeg are no damage.
        clock: place samples by the times of the container.
    """

    medium: Medium
    demuxer: str
    audio_track: int | str | None
    damage: Damage
    forgiven: int = 0
    clock: bool = True

    def read(self, mixdown: Mixdown) -> Generator[None, None, tuple[AudioNotice, ...]]:
        """Decode the track; yield after every block, and return what a listener should know.

        Args:
            mixdown: takes the samples.

        Raises:
            ClockError: the times of the container make no sense; read it anew without its clock.
            AudioError: ffmpeg is missing or refuses the recording; it is damaged or too long.
        """
        index = self.audio_track - 1 if isinstance(self.audio_track, int) else 0
        if index < 0:
            raise AudioError(
                f"{self.medium.name}: there is no audio track {self.audio_track}; the first is 1."
            )
        with self._open(index) as decoder:
            chosen = choose_track(decoder.log.tracks, self.audio_track, self.medium.name)
            if chosen == index:
                return (yield from self._read(decoder, index, mixdown))
        with self._open(chosen) as decoder:
            return (yield from self._read(decoder, chosen, mixdown))

    def _open(self, index: int) -> AbstractContextManager[FfmpegDecoder]:
        return open_decoder(self.medium, self.demuxer, index, clock=self.clock)

    def _read(
        self, decoder: FfmpegDecoder, index: int, mixdown: Mixdown
    ) -> Generator[None, None, tuple[AudioNotice, ...]]:
        notices = tuple(self._track_notices(decoder.log, index))
        yield from self._mix(decoder, mixdown)
        if self.demuxer == "avi":
            return (*notices, *_shorter_than_picture(decoder.log, mixdown.duration_s))
        return (*notices, *(_clock_notices(decoder) if self.clock else (_NO_CLOCK,)))

    def _mix(self, decoder: FfmpegDecoder, mixdown: Mixdown) -> Iterator[None]:
        log = decoder.log
        self._begin(decoder, mixdown)
        max_silence = _MAX_SILENCE * mixdown.max_audio_s * decoder.sample_rate
        try:
            for block in decoder.blocks():
                if log.silence_samples > max_silence:
                    raise ClockError
                mixdown.add(block)
                yield
        except AudioTooLongError:
            if log.silence_samples:
                raise ClockError from None
            longer = log.duration_s if (log.duration_s or 0.0) > mixdown.max_audio_s else None
            raise too_long(self.medium.name, longer, mixdown.max_audio_s) from None
        if log.dropped_samples:
            raise ClockError
        self.damage.report(*_faults(log, mixdown.duration_s, self.forgiven))

    def _begin(self, decoder: FfmpegDecoder, mixdown: Mixdown) -> None:
        log = decoder.log
        if not decoder.sample_rate:  # the reason comes with the first block
            if isinstance(self.audio_track, int) and 0 < len(log.tracks) < self.audio_track:
                held = f"it has {len(log.tracks)}"
                raise AudioError(f"{self.medium.name}: there is no audio track {self.audio_track}; {held}.")
            return
        declared = _track_s(log)
        if declared is not None and declared - _tolerance(declared) > mixdown.max_audio_s:
            raise too_long(self.medium.name, declared, mixdown.max_audio_s)
        mixdown.begin(decoder.sample_rate, decoder.num_channels)

    def _track_notices(self, log: FfmpegLog, index: int) -> Iterator[AudioNotice]:
        if len(log.tracks) > 1 and self.audio_track is None:
            yield AudioNotice(
                "several_tracks",
                f"Audio track {index + 1} of {len(log.tracks)} was taken{listed(log.tracks)}. "
                f"--audio-track chooses another.",
            )


def _track_s(log: FfmpegLog) -> Seconds | None:
    """Return how long the track is by the container, None where that is an estimate or that of another."""
    alone = len(log.tracks) == 1 and not log.has_picture
    return log.duration_s if alone and not log.duration_estimated else None


def _tolerance(declared_s: Seconds) -> Seconds:
    return max(_SHORT_S, _SHORT_SHARE * declared_s)


def _faults(log: FfmpegLog, decoded_s: Seconds, forgiven: int) -> Iterator[str]:
    if len(log.complaints) > forgiven:
        more = f" and {len(log.complaints) - 1} more faults" if len(log.complaints) > 1 else ""
        yield f'ffmpeg says "{log.complaints[0]}"{more}'
    declared = _track_s(log)
    if declared is not None and declared - decoded_s > _tolerance(declared):
        yield f"it holds {decoded_s:.2f} of the {declared:.2f} s that it declares"


def _shorter_than_picture(log: FfmpegLog, sound_s: Seconds) -> Iterator[AudioNotice]:
    """Say what an AVI does not: its sound has no times, so that a gap in it is not to be seen."""
    missing_s = (log.duration_s or 0.0) - sound_s
    if log.has_picture and missing_s > _tolerance(log.duration_s or 0.0):
        yield AudioNotice(
            "clock_ignored",
            f"The sound is {missing_s:.1f} s shorter than the picture, and an AVI does not say where it is "
            f"missing: times may be early by so much. Convert the original to mp4 or mkv.",
        )


def _clock_notices(decoder: FfmpegDecoder) -> Iterator[AudioNotice]:
    if decoder.log.silence_samples:
        silence_s = decoder.log.silence_samples / max(1, decoder.sample_rate)
        yield AudioNotice(
            "gap_filled",
            f"{silence_s:.2f} s of silence stand where the track starts late or has gaps; times are those of "
            f"the container.",
        )
