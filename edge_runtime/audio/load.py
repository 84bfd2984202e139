"""Read audio from a file, a stream of bytes or an array."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from edge_runtime.arrays import Array, Seconds, Waveform
from edge_runtime.audio.clipping import Clipping
from edge_runtime.audio.decode import decode, stream_limit
from edge_runtime.audio.medium import STDIN, Medium, open_path, open_stream
from edge_runtime.audio.mixdown import too_long
from edge_runtime.audio.notice import AudioNotice
from edge_runtime.audio.options import LoadOptions
from edge_runtime.audio.waveform import to_float, to_waveform

UNNAMED: Final = "The audio"
"""What messages call a recording without a name."""
_AS_IT_IS: Final = LoadOptions()


@dataclass(frozen=True, slots=True)
class Audio:
    """One recording, ready for the front end.

    Attributes:
        waveform: mono samples at `sample_rate`.
        sample_rate: rate of `waveform` in Hz.
        source_rate: rate of the recording in Hz.
        source_channels: channels of the recording, averaged to one.
        source: the path, "-" for standard input, None for an array.
        sha256: hash of the bytes that were read, None for an array.
        notices: what a listener should know, e.g. that the recording is damaged.
        speech_s: seconds of speech in it as a VAD found them, 0 where nobody speaks; None where none looked.
    """

    waveform: Waveform
    sample_rate: int
    source_rate: int
    source_channels: int
    source: str | None = None
    sha256: str | None = None
    notices: tuple[AudioNotice, ...] = ()
    speech_s: Seconds | None = None

    @property
    def duration_s(self) -> Seconds:
        """Length in seconds."""
        return self.waveform.size / self.sample_rate


def load_audio(path: Path, sample_rate: int, max_audio_s: Seconds, options: LoadOptions = _AS_IT_IS) -> Audio:
    """Read a recording from a file, or from a named pipe to its end.

    Args:
        path: WAV, FLAC, Ogg, MP3, AIFF …, or anything ffmpeg reads. Its bytes say what it is, not its suffix.
        sample_rate: rate of the result in Hz.
        max_audio_s: longest audio to accept.
        options: channel, track, and whether damaged recordings are taken.

    Raises:
        AudioNotFoundError: there is no such file.
        AudioTooLongError: the recording is longer than `max_audio_s`; nothing is cut.
        AudioError: it is a directory, not audio, empty, or damaged.
    """
    with open_path(path, stream_limit) as medium:
        return load_medium(medium, medium.name, sample_rate, max_audio_s, options)


def read_stream(
    stream: BinaryIO,
    sample_rate: int,
    max_audio_s: Seconds,
    options: LoadOptions = _AS_IT_IS,
    *,
    name: str | None = STDIN,
) -> Audio:
    """Read a recording from a byte stream to its end; as `load_audio`.

    Args:
        stream: standard input, an open file, `io.BytesIO`.
        sample_rate: rate of the result in Hz.
        max_audio_s: longest audio to accept.
        options: channel, track, and whether damaged recordings are taken.
        name: what results and messages call it; None for bytes in memory.

    Raises:
        AudioError: as `load_audio`.
    """
    with open_stream(stream, name or UNNAMED, stream_limit) as medium:
        return load_medium(medium, name, sample_rate, max_audio_s, options)


def from_array(samples: Array, source_rate: int, sample_rate: int, max_audio_s: Seconds) -> Audio:
    """Take a recording from an array; see `to_waveform` for the shapes and types accepted."""
    waveform = to_waveform(samples, source_rate, sample_rate)
    duration_s = waveform.size / sample_rate
    if duration_s > max_audio_s:
        raise too_long("The audio", duration_s, max_audio_s)
    channels = 1 if samples.ndim == 1 else min(samples.shape)
    clipping = Clipping()
    clipping.add(to_float(samples if samples.ndim == 1 or len(samples) > channels else samples.T))
    return Audio(waveform, sample_rate, source_rate, channels, notices=tuple(clipping.notices()))


def load_medium(
    medium: Medium, source: str | None, sample_rate: int, max_audio_s: Seconds, options: LoadOptions
) -> Audio:
    """Read a recording from opened bytes; as `load_audio`."""
    decoded = decode(medium, sample_rate, max_audio_s, options)
    return Audio(
        decoded.waveform,
        sample_rate,
        decoded.source_rate,
        decoded.source_channels,
        source,
        medium.sha256(),
        decoded.notices,
    )
