"""Read audio from a file, standard input or an array."""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from edge_runtime.arrays import Array, Seconds, Waveform
from edge_runtime.audio import ffmpeg
from edge_runtime.audio.waveform import to_waveform
from edge_runtime.digest import sha256_of
from edge_runtime.errors import AudioError, AudioNotFoundError, AudioTooLongError

MAX_STREAM_BYTES: Final = 2 << 30
_FTYP_OFFSET: Final = 4
_CONTAINER_MAGIC: Final = {b"\x1aE\xdf\xa3": ".mkv"}

_TRUNCATED: Final = re.compile(r"^\s*(?:data|SSND|Data Size)\s*: (\d+) \(should be (\d+)\)", re.MULTILINE)
"""What libsndfile logs, without failing, where a WAV, AIFF or AU file ends before its header says."""

_UNKNOWN_BYTES: Final = 0x7FFF_0000
"""Programs that write into a pipe declare sizes from here on, since they cannot know the real one."""


@dataclass(frozen=True, slots=True)
class Audio:
    """One recording, ready for the front end.

    Attributes:
        waveform: mono samples at `sample_rate`.
        sample_rate: rate of `waveform` in Hz.
        source_rate: rate of the recording in Hz.
        source_channels: channels of the recording, averaged to one.
        source: the path, "-" for standard input, None for an array.
        sha256: hash of the file's bytes, None for an array.
    """

    waveform: Waveform
    sample_rate: int
    source_rate: int
    source_channels: int
    source: str | None = None
    sha256: str | None = None

    @property
    def duration_s(self) -> Seconds:
        """Length in seconds."""
        return self.waveform.size / self.sample_rate


def load_audio(path: Path, sample_rate: int, max_audio_s: Seconds) -> Audio:
    """Read a recording from a file.

    Args:
        path: WAV, FLAC, Ogg, MP3, AIFF …, or anything ffmpeg reads.
        sample_rate: rate of the result in Hz.
        max_audio_s: longest audio to accept.

    Raises:
        AudioNotFoundError: there is no such file.
        AudioTooLongError: the recording is longer than `max_audio_s`; nothing is cut.
        AudioError: it is a directory, not audio, empty, or damaged.
    """
    _require_file(path)
    if path.suffix.lower() not in ffmpeg.SUFFIXES:
        return replace(_read(path, _display_path(path), sample_rate, max_audio_s), sha256=sha256_of(path))
    import tempfile  # noqa: PLC0415  # slow to import, and seldom needed

    with tempfile.TemporaryDirectory(prefix="edge-asr-") as directory:
        decoded = Path(directory) / "decoded.wav"
        ffmpeg.decode_to_wav(path, decoded, max_audio_s)
        audio = _read(decoded, _display_path(path), sample_rate, max_audio_s)
    return replace(audio, sha256=sha256_of(path))


def read_stream(stream: BinaryIO, sample_rate: int, max_audio_s: Seconds) -> Audio:
    """Read a whole recording from a byte stream such as standard input; its bytes show the format.

    Raises:
        AudioError: as `load_audio`.
    """
    data = stream.read(MAX_STREAM_BYTES + 1)
    if len(data) > MAX_STREAM_BYTES:
        raise AudioTooLongError(f"-: more than {MAX_STREAM_BYTES >> 30} GiB on standard input. Give a file.")
    if not data:
        raise AudioError("-: nothing on standard input. Pipe an audio file into the command.")
    suffix = _container_suffix(data)
    if suffix is None:
        audio = _read(io.BytesIO(data), "-", sample_rate, max_audio_s)
        return replace(audio, sha256=hashlib.sha256(data).hexdigest())
    import tempfile  # noqa: PLC0415  # as above

    # Demuxers seek and a pipe cannot, so the bytes go through a file.
    with tempfile.NamedTemporaryFile(prefix="edge-asr-", suffix=suffix) as file:
        file.write(data)
        file.flush()
        try:
            return replace(load_audio(Path(file.name), sample_rate, max_audio_s), source="-")
        except AudioError as error:
            raise type(error)(str(error).replace(file.name, "-")) from error


def from_array(samples: Array, source_rate: int, sample_rate: int, max_audio_s: Seconds) -> Audio:
    """Take a recording from an array; see `to_waveform` for the shapes and types accepted."""
    waveform = to_waveform(samples, source_rate, sample_rate)
    _require_length(waveform.size / sample_rate, max_audio_s, "The audio")
    channels = 1 if samples.ndim == 1 else min(samples.shape)
    return Audio(waveform, sample_rate, source_rate, channels)


def _display_path(path: Path) -> str:
    """Return a path as text that can be printed even where its name is not UTF-8."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _require_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise AudioNotFoundError(f"{path}: no such file.") from error
    except OSError as error:
        raise AudioError(f"{path}: cannot be opened: {error.strerror}.") from error
    if stat.S_ISDIR(mode):
        raise AudioError(f"{path}: is a directory. Name the audio files in it, for example {path}/*.wav.")


def _read(file: Path | BinaryIO, source: str, sample_rate: int, max_audio_s: Seconds) -> Audio:
    import soundfile  # noqa: PLC0415  # loads libsndfile; arrays do not need it

    try:
        # As bytes: soundfile encodes a name strictly, and names need not be UTF-8.
        with soundfile.SoundFile(os.fsencode(file) if isinstance(file, Path) else file) as sound_file:
            _require_length(sound_file.frames / sound_file.samplerate, max_audio_s, source)
            _require_complete(sound_file.extra_info, source)
            samples = sound_file.read(dtype="float32", always_2d=True)
            declared, source_rate = sound_file.frames, sound_file.samplerate
    except (soundfile.SoundFileError, OSError, TypeError) as error:  # TypeError: headerless samples (.raw)
        reason = str(error).rstrip(".").split(": ", 1)[-1]
        raise AudioError(f"{source}: not readable as audio ({reason}). Give WAV, FLAC, Ogg, MP3 …") from error
    if len(samples) < declared:
        raise AudioError(f"{source}: damaged: it holds {len(samples)} of the {declared} samples it declares.")
    try:
        waveform = to_waveform(samples, source_rate, sample_rate)
    except AudioError as error:
        raise AudioError(f"{source}: {error}") from error
    return Audio(waveform, sample_rate, source_rate, samples.shape[1], source)


def _require_length(duration_s: Seconds, max_audio_s: Seconds, source: str) -> None:
    if duration_s > max_audio_s:
        raise AudioTooLongError(
            f"{source}: {duration_s:.1f} s of audio, the bundle takes {max_audio_s:.1f} s in one piece. "
            f"Split the recording."
        )


def _require_complete(log: str, source: str) -> None:
    truncation = _TRUNCATED.search(log)
    if truncation:
        declared, actual = map(int, truncation.groups())
        if actual < declared < _UNKNOWN_BYTES:
            raise AudioError(
                f"{source}: damaged: it holds {actual} of the {declared} bytes of samples that it declares."
            )


def _container_suffix(data: bytes) -> str | None:
    """Return a suffix that sends the data to ffmpeg, or None where libsndfile should try."""
    if data[_FTYP_OFFSET : _FTYP_OFFSET + 4] == b"ftyp":
        return ".mp4"
    return _CONTAINER_MAGIC.get(data[:4])
