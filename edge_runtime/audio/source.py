"""What a caller may hand over as a recording, told apart by type alone."""

from __future__ import annotations

import inspect
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from numbers import Real
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, TypeAlias, cast, runtime_checkable

from edge_runtime.arrays import Array, Seconds
from edge_runtime.audio.decode import stream_limit
from edge_runtime.audio.load import UNNAMED, Audio, from_array, load_medium
from edge_runtime.audio.medium import Medium, open_path, open_stream
from edge_runtime.audio.mixdown import too_long
from edge_runtime.audio.options import AudioFile, LoadOptions
from edge_runtime.audio.recording import (
    MAX_RECORDING_S,
    EncodedRecording,
    Facts,
    Recording,
    SampledRecording,
    SpooledAudio,
)
from edge_runtime.audio.samples import to_samples
from edge_runtime.errors import (
    AudioError,
    AudioNotFoundError,
    AudioTypeError,
    UsageError,
)


@runtime_checkable
class ArrayLike(Protocol):
    """Samples of another library, such as a torch tensor."""

    def __array__(self) -> Array:
        """Return them as a NumPy array."""
        ...


Samples: TypeAlias = "Array | Sequence[float] | Sequence[Sequence[float]] | ArrayLike"
"""Shape (num_samples,) or (num_samples, channels)."""

AudioSource: TypeAlias = (
    "str | os.PathLike[Any] | bytes | bytearray | memoryview | BinaryIO | Samples"
    " | tuple[int, Samples] | tuple[Samples, int] | AudioFile | SpooledAudio | Audio"
)
"""A path, the same with choices about the file, the bytes of an encoded file, an open binary file, samples,
samples with their rate in Hz in either order, a stream that was spooled, or loaded audio."""

ACCEPTED: Final = (
    "Accepted are a path, the bytes of an audio file, a file opened in binary mode, samples with "
    "sample_rate=…, and (rate, samples) or (samples, rate)"
)
_PAIR: Final = 2
_MAX_NAME: Final = 4096


def load_source(audio: AudioSource, sample_rate: int | None, target_rate: int, max_audio_s: Seconds) -> Audio:
    """Load a recording, however the caller has it.

    Args:
        audio: a `str` or path object is a path; bytes are an encoded file, never a path; an object with
            `read` is read from where it stands; a tuple is samples with their rate; loaded audio is returned
            as it is; all else is samples.
        sample_rate: rate of bare samples in Hz.
        target_rate: the model's rate in Hz.
        max_audio_s: longest audio to accept.

    Raises:
        AudioTypeError: `audio` is nothing of this.
        AudioError: the audio cannot be used, or is longer than `max_audio_s`.
        UsageError: samples without a rate, with two, or of an integer type without a full scale.
    """
    if isinstance(audio, Audio):
        _require_rate(audio, target_rate)
        if audio.duration_s > max_audio_s:
            raise too_long("The audio", audio.duration_s, max_audio_s)
        return audio
    if _has_bytes(audio):
        with open_encoded(audio) as (medium, name, options):
            return load_medium(medium, name, target_rate, max_audio_s, options)
    samples, source_rate = _with_rate(audio, sample_rate)
    return from_array(to_samples(samples, ACCEPTED), source_rate, target_rate, max_audio_s)


@contextmanager
def open_source(audio: AudioSource, sample_rate: int | None, target_rate: int) -> Iterator[Recording]:
    """Open a recording, however the caller has it, to read it in blocks; arguments and errors as above."""
    if not isinstance(audio, Audio) and _has_bytes(audio):
        with open_encoded(audio) as (medium, name, options):
            yield EncodedRecording(medium, name, target_rate, options)
        return
    loaded = load_source(audio, sample_rate, target_rate, MAX_RECORDING_S)
    facts = Facts(
        len(loaded.waveform),
        target_rate,
        1.0,
        loaded.source_rate,
        loaded.source_channels,
        loaded.source,
        loaded.sha256,
        loaded.notices,
        speech_s=loaded.speech_s,
    )
    yield SampledRecording(loaded.waveform, facts)


@contextmanager
def open_encoded(audio: AudioSource) -> Iterator[tuple[Medium, str | None, LoadOptions]]:
    """Open what has the bytes of a recording; give them, what results call it, and the caller's choices."""
    if isinstance(audio, SpooledAudio):
        yield audio.medium, audio.source, audio.options
    elif isinstance(audio, AudioFile):
        with open_path(audio.path, stream_limit) as medium:
            yield medium, medium.name, audio.options
    elif isinstance(audio, (str, os.PathLike)):
        with open_path(_path_of(audio), stream_limit) as medium:
            yield medium, medium.name, LoadOptions()
    elif _is_encoded(audio):
        with _open_bytes(bytes(cast("bytes", audio))) as medium:
            yield medium, None, LoadOptions()
    else:
        name = _name_of_file(audio)
        with open_stream(cast("BinaryIO", audio), name or UNNAMED, stream_limit) as medium:
            yield medium, name, LoadOptions()


def _require_rate(audio: Audio, target_rate: int) -> None:
    """Refuse audio that was loaded for another model."""
    if audio.sample_rate != target_rate:
        raise UsageError(
            f"The audio was loaded at {audio.sample_rate} Hz, and the model takes {target_rate} Hz. "
            f"Load it with load_audio(path, {target_rate}, …), or pass its path."
        )


def _has_bytes(audio: Any) -> bool:
    """Tell whether it is a recording that is yet to be decoded."""
    named = isinstance(audio, (SpooledAudio, AudioFile, str, os.PathLike))
    return named or _is_encoded(audio) or hasattr(audio, "read")


def _path_of(audio: str | os.PathLike[Any]) -> Path:
    name = os.fsdecode(audio)
    if "\0" in name:
        raise AudioNotFoundError(f"{name[:80]!r}: no file has such a name.")
    return Path(name)


def _is_encoded(audio: Any) -> bool:
    """Tell bytes of a file from samples: a view of items wider than a byte is samples."""
    return isinstance(audio, (bytes, bytearray)) or (isinstance(audio, memoryview) and audio.itemsize == 1)


@contextmanager
def _open_bytes(data: bytes) -> Iterator[Medium]:
    if not data:
        raise AudioError("The audio: the bytes are empty. Give the content of an audio file.")
    try:
        with open_stream(io.BytesIO(data), UNNAMED, stream_limit) as medium:
            yield medium
    except AudioError as error:
        if len(data) <= _MAX_NAME and b"\0" not in data and os.path.exists(data):  # noqa: PTH110 - bytes
            raise UsageError(
                f"{data[:80]!r} is the name of a file, and bytes are taken as the content of one. "
                f"Pass os.fsdecode(name)."
            ) from error
        raise


def _name_of_file(file: Any) -> str | None:
    """Return the name of a file that is open for reading bytes, None where it has none."""
    nothing = file.read(0)
    if inspect.iscoroutine(nothing):
        nothing.close()
        raise AudioTypeError(f"The file is read asynchronously. Pass the file inside it (.file). {ACCEPTED}.")
    if not isinstance(nothing, bytes):
        raise AudioTypeError(f"The file is open as text. Open it with mode 'rb'. {ACCEPTED}.")
    name = getattr(file, "name", None)
    return name if isinstance(name, str) else None


def _with_rate(audio: Any, sample_rate: int | None) -> tuple[Any, int]:
    """Return samples and their rate."""
    if not isinstance(audio, tuple):
        if sample_rate is None and not isinstance(audio, (list, memoryview)) and not _has_samples(audio):
            raise AudioTypeError(f"Audio cannot be of type {type(audio).__name__}. {ACCEPTED}.")
        if sample_rate is None:
            raise UsageError(
                "Samples were given without their rate. Pass sample_rate=… in Hz, or (rate, samples)."
            )
        return audio, _rate(sample_rate)
    scalars = [_is_scalar(each) for each in audio]
    if len(audio) != _PAIR or sum(scalars) != 1:
        raise AudioTypeError(
            f"A tuple is (rate, samples) or (samples, rate); this one has {len(audio)} items, of them "
            f"{sum(scalars)} numbers. {ACCEPTED}."
        )
    rate, samples = audio if scalars[0] else reversed(audio)
    if sample_rate is not None and _rate(sample_rate) != _rate(rate):
        raise UsageError(
            f"sample_rate={sample_rate} contradicts the rate {rate} of the tuple. Leave one out."
        )
    return samples, _rate(rate)


def _has_samples(audio: Any) -> bool:
    return hasattr(audio, "__array__") or hasattr(audio, "__array_interface__") or hasattr(audio, "typecode")


def _is_scalar(value: Any) -> bool:
    return isinstance(value, Real) or getattr(value, "shape", None) == ()


def _rate(rate: Any) -> int:
    try:
        whole = int(rate)
    except (TypeError, ValueError, OverflowError):
        whole = 0
    if isinstance(rate, (bool, str)) or whole <= 0 or whole != rate:
        raise UsageError(f"A sample rate is a whole number of Hz above 0, for example 16000; not {rate!r}.")
    return whole
