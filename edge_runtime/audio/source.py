"""What a caller may hand over as a recording, told apart by type alone."""

from __future__ import annotations

import inspect
import io
import os
from collections.abc import Sequence
from dataclasses import replace
from numbers import Real
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, TypeAlias, cast, runtime_checkable

from edge_runtime.arrays import Array, Seconds
from edge_runtime.audio.load import Audio, from_array, load_audio, read_stream
from edge_runtime.audio.samples import to_samples
from edge_runtime.errors import (
    AudioError,
    AudioNotFoundError,
    AudioTooLongError,
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
    " | tuple[int, Samples] | tuple[Samples, int] | Audio"
)
"""A path, the bytes of an encoded file, an open binary file, samples, samples with their rate in Hz in either
order, or loaded audio."""

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
        _require_fit(audio, target_rate, max_audio_s)
        return audio
    if isinstance(audio, (str, os.PathLike)):
        name = os.fsdecode(audio)
        if "\0" in name:
            raise AudioNotFoundError(f"{name[:80]!r}: no file has such a name.")
        return load_audio(Path(name), target_rate, max_audio_s)
    if _is_encoded(audio):
        return _from_bytes(bytes(cast("bytes", audio)), target_rate, max_audio_s)
    if hasattr(audio, "read"):
        return _from_file(audio, target_rate, max_audio_s)
    samples, source_rate = _with_rate(audio, sample_rate)
    return from_array(to_samples(samples, ACCEPTED), source_rate, target_rate, max_audio_s)


def _require_fit(audio: Audio, target_rate: int, max_audio_s: Seconds) -> None:
    """Refuse audio that was loaded for another model."""
    if audio.sample_rate != target_rate:
        raise UsageError(
            f"The audio was loaded at {audio.sample_rate} Hz, and the model takes {target_rate} Hz. "
            f"Load it with load_audio(path, {target_rate}, …), or pass its path."
        )
    if audio.duration_s > max_audio_s:
        raise AudioTooLongError(
            f"The audio: {audio.duration_s:.1f} s of audio, the bundle takes {max_audio_s:.1f} s in one "
            f"piece. Split the recording."
        )


def _is_encoded(audio: Any) -> bool:
    """Tell bytes of a file from samples: a view of items wider than a byte is samples."""
    return isinstance(audio, (bytes, bytearray)) or (isinstance(audio, memoryview) and audio.itemsize == 1)


def _from_bytes(data: bytes, target_rate: int, max_audio_s: Seconds) -> Audio:
    if not data:
        raise AudioError("The audio: the bytes are empty. Give the content of an audio file.")
    try:
        return _named(io.BytesIO(data), None, target_rate, max_audio_s)
    except AudioError as error:
        if len(data) <= _MAX_NAME and b"\0" not in data and os.path.exists(data):  # noqa: PTH110 - bytes
            raise UsageError(
                f"{data[:80]!r} is the name of a file, and bytes are taken as the content of one. "
                f"Pass os.fsdecode(name)."
            ) from error
        raise


def _from_file(file: Any, target_rate: int, max_audio_s: Seconds) -> Audio:
    nothing = file.read(0)
    if inspect.iscoroutine(nothing):
        nothing.close()
        raise AudioTypeError(f"The file is read asynchronously. Pass the file inside it (.file). {ACCEPTED}.")
    if not isinstance(nothing, bytes):
        raise AudioTypeError(f"The file is open as text. Open it with mode 'rb'. {ACCEPTED}.")
    name = getattr(file, "name", None)
    path = name if isinstance(name, str) else None
    return _named(file, path, target_rate, max_audio_s)


def _named(stream: BinaryIO, path: str | None, target_rate: int, max_audio_s: Seconds) -> Audio:
    """Read a stream; messages and result have its name, where `read_stream` has standard input's."""
    try:
        return replace(read_stream(stream, target_rate, max_audio_s), source=path)
    except AudioError as error:
        message = str(error).replace("nothing on standard input. Pipe", "nothing to read. Put", 1)
        raise type(error)(f"{path or 'The audio'}: {message.removeprefix('-: ')}") from error


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
