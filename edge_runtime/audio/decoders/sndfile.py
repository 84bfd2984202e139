"""libsndfile, a block at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any, BinaryIO, Final

from edge_runtime.arrays import Array
from edge_runtime.audio.decoders.quiet import quiet_stderr
from edge_runtime.audio.formats.pieces import PiecedFile

_BLOCK_VALUES: Final = 1 << 16
_PATIENT_FRAMES: Final = 1024
_MAX_FAILURES: Final = 1000
_UNKNOWN_FRAMES: Final = 1 << 48
"""From here on a number of samples is a way to say that it is not known."""
_TRUNCATED: Final = re.compile(r"^\s*(?:SSND|Data Size)\s*: (\d+) \(should be (\d+)\)", re.MULTILINE)
"""What libsndfile logs, without failing, where an AIFF or AU file ends before its header says."""
_UNKNOWN_BYTES: Final = 0x7FFF_0000


class UnreadableError(Exception):
    """libsndfile does not take the bytes; the message is its reason."""


class SoundFile:
    """A recording that libsndfile has opened.

    Attributes:
        sample_rate: in Hz.
        num_channels: of the recording.
        num_samples: per channel, as its header says; None where it does not.
        lost_bytes: bytes of samples that it holds and declares, None where it holds all.
        failure: what the decoder complained of first, "" where nothing was wrong.
    """

    def __init__(self, file: Any) -> None:
        """Take a `soundfile.SoundFile`."""
        self._file = file
        self.sample_rate: int = file.samplerate
        self.num_channels: int = file.channels
        self.num_samples: int | None = file.frames if file.frames < _UNKNOWN_FRAMES else None
        self.lost_bytes = _lost_bytes(file.extra_info)
        self.failure = ""

    def blocks(self, *, patient: bool) -> Iterator[Array]:
        """Yield float32 samples, shape (num_samples, num_channels), up to the end or to a failure.

        Args:
            patient: go on behind a failure, and read little at a time, since a block that fails is lost.
        """
        frames = _PATIENT_FRAMES if patient else max(1, _BLOCK_VALUES // self.num_channels)
        for _ in range(_MAX_FAILURES if patient else 1):
            while (block := self._read(frames)) is not None:
                if not len(block):
                    return
                yield block

    def _read(self, frames: int) -> Array | None:
        """Return the next block, None where it cannot be decoded."""
        import soundfile  # noqa: PLC0415  # was imported when the file was opened

        try:
            block: Array = self._file.read(frames, dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, RuntimeError) as error:
            self.failure = self.failure or reason_of(error)
            return None
        return block


@contextmanager
def open_sound(file: BinaryIO | PiecedFile, *, noisy: bool = False) -> Iterator[SoundFile]:
    """Open a recording with libsndfile.

    Args:
        file: at its beginning.
        noisy: its decoder prints remarks, which are left out.

    Raises:
        UnreadableError: libsndfile does not know the format, or finds it damaged.
    """
    import soundfile  # noqa: PLC0415  # loads libsndfile; arrays do not need it

    with ExitStack() as stack:
        if noisy:
            stack.enter_context(quiet_stderr())
        try:
            opened = _forward_reader()(_fast(file), closefd=False)
        except (soundfile.SoundFileError, OSError, TypeError, ValueError) as error:
            raise UnreadableError(reason_of(error)) from error
        stack.enter_context(opened)
        yield SoundFile(opened)


@lru_cache(maxsize=1)
def _forward_reader() -> Any:
    """Return `SoundFile` without the seek that it makes after each read.

    Some decoders start anew at a seek; others, such as those of GSM 6.10 and G.721, cannot seek at all.
    """
    import soundfile  # noqa: PLC0415  # as above

    class ForwardReader(soundfile.SoundFile):  # type: ignore[misc]  # the library has no types
        def seekable(self) -> bool:
            return False

    return ForwardReader


def reason_of(error: Exception) -> str:
    """Return libsndfile's reason without the name of the file."""
    return str(error).rstrip(".").split(": ", 1)[-1]


def _fast(file: Any) -> Any:
    """Return the descriptor where the file has one: libsndfile reads it without a detour through Python."""
    if isinstance(file, PiecedFile):
        return file
    file.seek(0)
    try:
        return file.fileno()
    except OSError:
        return file


def _lost_bytes(log: str) -> tuple[int, int] | None:
    truncation = _TRUNCATED.search(log)
    if truncation is None:
        return None
    declared, actual = map(int, truncation.groups())
    return (actual, declared) if actual < declared < _UNKNOWN_BYTES else None
