"""From the bytes of a recording to a waveform: libsndfile where it can, ffmpeg where it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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
from edge_runtime.audio.tracks import ContainerReader
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
    """Decode a recording a block at a time.

    Args:
        medium: the recording.
        target_rate: rate of the result in Hz.
        max_audio_s: longest audio to accept.
        options: choices of the caller.

    Raises:
        AudioTooLongError: it is longer than `max_audio_s`; nothing is cut.
        AudioError: it is not audio, or damaged.
    """
    content = sniff(medium.read_at)
    _require_audio(content, medium.name)
    mixdown = Mixdown(medium.name, target_rate, max_audio_s, options.channel)
    damage = Damage(medium.name, salvage=options.salvage)
    plan = plan_for(medium, content)
    mixdown, notices = _mix(medium, content, plan, mixdown, damage, options)
    waveform = mixdown.finish()
    findings = [*damage.notices(), *plan.notices, *notices, *mixdown.notices()]
    if any(notice.code == "several_tracks" for notice in notices) and mixdown.peak < _SILENT_PEAK:
        findings.append(_SILENT_TRACK)
    return DecodedAudio(waveform, mixdown.source_rate, mixdown.source_channels, tuple(findings))


def _mix(
    medium: Medium, content: Content, plan: Plan, mixdown: Mixdown, damage: Damage, options: LoadOptions
) -> tuple[Mixdown, tuple[AudioNotice, ...]]:
    """Decode with libsndfile, or with ffmpeg what that does not take; return samples and notices."""
    reason = "its format is not known"
    if plan.parts:
        try:
            mix_parts(plan, mixdown, damage)
            _require_track(medium, options.audio_track)
        except UnreadableError as error:
            reason = str(error)
        else:
            return mixdown, ()
    if content.demuxer is None or not plan.ffmpeg:
        raise AudioError(f"{medium.name}: not readable as audio ({reason}). Give WAV, FLAC, Ogg, MP3, m4a …")
    damage.report(*plan.damage)
    return ContainerReader(medium, content.demuxer, options.audio_track, damage, plan.forgiven).read(mixdown)


def _require_track(medium: Medium, audio_track: int | None) -> None:
    if audio_track not in {None, 1}:
        raise AudioError(f"{medium.name}: there is no audio track {audio_track}; it has 1.")


def _require_audio(content: Content, name: str) -> None:
    if content.name in _NO_AUDIO:
        raise AudioError(f"{name}: not readable as audio: {_NO_AUDIO[content.name]}.")
