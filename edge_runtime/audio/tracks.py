"""Decode a track of a container with ffmpeg, and say what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.audio.damage import Damage
from edge_runtime.audio.decoders.ffmpeg import FfmpegDecoder, open_decoder
from edge_runtime.audio.decoders.ffmpeg_log import FfmpegLog, Track
from edge_runtime.audio.medium import Medium
from edge_runtime.audio.mixdown import Mixdown, too_long
from edge_runtime.audio.notice import Notice
from edge_runtime.errors import AudioError, AudioTooLongError

_SHORT_S: Final[Seconds] = 0.5
_SHORT_SHARE: Final = 0.02
"""A track may end so much before its container says; encoders round."""


def mix_track(
    medium: Medium, demuxer: str, mixdown: Mixdown, damage: Damage, audio_track: int | None
) -> tuple[Notice, ...]:
    """Decode one track.

    Args:
        medium: the recording.
        demuxer: what ffmpeg calls the container.
        mixdown: takes the samples.
        damage: takes what is wrong.
        audio_track: 1 is the first; None takes the default track, or else the first.

    Returns:
        What a listener should know.

    Raises:
        AudioError: ffmpeg is missing or refuses the recording; it is damaged or too long.
    """
    index = 0 if audio_track is None else audio_track - 1
    if index < 0:
        raise AudioError(f"{medium.name}: there is no audio track {audio_track}; the first is 1.")
    with open_decoder(medium, demuxer, index) as decoder:
        chosen = index if audio_track is not None else _default(decoder.log.tracks)
        if chosen == index:
            _mix(decoder, medium, mixdown, damage, audio_track)
            return tuple(_notices(decoder, index, audio_track))
    with open_decoder(medium, demuxer, chosen) as decoder:
        _mix(decoder, medium, mixdown, damage, audio_track)
        return tuple(_notices(decoder, chosen, audio_track))


def _default(tracks: list[Track]) -> int:
    """Return the position of the first track that is marked as default, 0 if none is."""
    return next((position for position, track in enumerate(tracks) if track.default), 0)


def _mix(
    decoder: FfmpegDecoder, medium: Medium, mixdown: Mixdown, damage: Damage, audio_track: int | None
) -> None:
    log = decoder.log
    if audio_track is not None and decoder.sample_rate == 0 and 0 < len(log.tracks) < audio_track:
        raise AudioError(f"{medium.name}: there is no audio track {audio_track}; it has {len(log.tracks)}.")
    if decoder.sample_rate:
        if log.duration_s is not None and not log.duration_estimated and not log.has_picture:
            mixdown.require_room(log.duration_s - _tolerance(log.duration_s))
        mixdown.begin(decoder.sample_rate, decoder.num_channels)
    try:
        for block in decoder.blocks():
            mixdown.add(block)
    except AudioTooLongError:
        raise too_long(medium.name, _longer(log, mixdown), mixdown.max_audio_s) from None
    damage.report(*_faults(log, mixdown.duration_s))


def _longer(log: FfmpegLog, mixdown: Mixdown) -> Seconds | None:
    """Return the length that the container declares, None where it is less than was decoded."""
    declared = log.duration_s or 0.0
    return declared if declared > mixdown.max_audio_s else None


def _faults(log: FfmpegLog, decoded_s: Seconds) -> Iterator[str]:
    if log.complaints:
        more = f" and {len(log.complaints) - 1} more faults" if len(log.complaints) > 1 else ""
        yield f'ffmpeg says "{log.complaints[0]}"{more}'
    declared = log.duration_s
    if declared is None or log.has_picture or log.duration_estimated:
        return
    if declared - decoded_s > _tolerance(declared):
        yield f"it holds {decoded_s:.2f} of the {declared:.2f} s that it declares"


def _tolerance(declared_s: Seconds) -> Seconds:
    return max(_SHORT_S, _SHORT_SHARE * declared_s)


def _notices(decoder: FfmpegDecoder, index: int, audio_track: int | None) -> Iterator[Notice]:
    log = decoder.log
    rate = max(1, decoder.sample_rate)
    if log.silence_samples:
        yield Notice(
            "gap_filled",
            f"{log.silence_samples / rate:.2f} s of silence stand where the track starts late or has gaps; "
            f"times are those of the container.",
        )
    if log.dropped_samples:
        yield Notice(
            "overlap_dropped",
            f"{log.dropped_samples / rate:.2f} s were left out where parts of the track overlap in time.",
        )
    if len(log.tracks) > 1 and audio_track is None:
        yield Notice(
            "several_tracks",
            f"Audio track {index + 1} of {len(log.tracks)} was taken. --audio-track chooses another.",
        )
