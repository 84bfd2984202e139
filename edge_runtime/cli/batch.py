"""Transcribe many recordings so that none of them, whatever it raises, takes another one along."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from edge_runtime.audio.load import Audio
from edge_runtime.audio.options import AudioFile
from edge_runtime.audio.recording import SpooledAudio
from edge_runtime.cli.failures import OF_ALL_ITEMS, failure_of
from edge_runtime.cli.terminal import say
from edge_runtime.errors import AudioError
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript

Source: TypeAlias = Path | AudioFile | SpooledAudio | Audio | AudioError
"""A file, the same with choices about it, a spooled stream, loaded audio, or why there is none."""


class _NotOpenedError(AudioError):
    """Holds the place of a recording that could not be opened, and what was raised."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def open_or_error(open_source: Callable[[str], Source], name: str) -> Source:
    """Open a recording; whatever is raised becomes the error in its place."""
    try:
        return open_source(name)
    except OF_ALL_ITEMS:
        raise
    except AudioError as error:
        return error
    except Exception as error:  # noqa: BLE001  # of this recording alone
        return _NotOpenedError(error)


def transcribe_each(
    recognizer: Recognizer,
    sources: Iterable[Source],
    options: TranscribeOptions,
    batch_size: int,
    *,
    quiet: bool = False,
) -> Iterator[tuple[Source, Transcript | Exception]]:
    """Transcribe recordings in order.

    Where decoding several together raises, those that were taken and are not done are transcribed one by one:
    the text of each is the same, and the one that raises is known. If none of them raises alone, several are
    too many for the bundle or the memory, and all that follow are transcribed one by one.

    Args:
        recognizer: transcribes.
        sources: taken when they are needed, a few ahead with `batch_size` above 1.
        options: for all.
        batch_size: recordings decoded together.
        quiet: do not say that several are too many.

    Yields:
        The source, and its transcript or what was raised.

    Raises:
        UsageError, BackendUnavailableError, BundleError: every recording would meet the same.
    """
    left = iter(sources)
    while True:
        taken: deque[Source] = deque()
        results = recognizer.transcribe_each(_noted(left, taken), options=options, batch_size=batch_size)
        try:
            for result in results:
                yield taken.popleft(), _unwrapped(result)
        except OF_ALL_ITEMS:
            raise
        except Exception as error:
            if not taken:
                raise
            several = len(taken) > 1
            one_raised = yield from _one_by_one(recognizer, taken, options, error)
            if several and not one_raised:
                reason = failure_of(error).message
                say(f"edge-asr: warning: going on one by one, several failed: {reason}", quiet=quiet)
                batch_size = 1
        else:
            return


def _noted(sources: Iterator[Source], taken: deque[Source]) -> Iterator[Source]:
    for source in sources:
        taken.append(source)
        yield source


def _one_by_one(
    recognizer: Recognizer, sources: deque[Source], options: TranscribeOptions, error: Exception
) -> Generator[tuple[Source, Transcript | Exception], None, bool]:
    """Transcribe what was taken when `error` was raised; return whether one of them raises alone."""
    if len(sources) == 1:
        yield sources.popleft(), error
        return True
    one_raised = False
    while sources:
        source = sources.popleft()
        try:
            (result,) = recognizer.transcribe_each([source], options=options, batch_size=1)
        except OF_ALL_ITEMS:
            raise
        except Exception as own_error:  # noqa: BLE001  # of this recording
            one_raised = True
            yield source, own_error
        else:
            yield source, _unwrapped(result)
    return one_raised


def _unwrapped(result: Transcript | AudioError) -> Transcript | Exception:
    return result.error if isinstance(result, _NotOpenedError) else result
