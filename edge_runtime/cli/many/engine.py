"""What transcribes the recordings of a command: the loaded models, and what is requested of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from edge_runtime.alignment.align_options import AlignOptions
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.alignment.word_timestamps import add_word_timestamps
from edge_runtime.audio.options import LoadOptions
from edge_runtime.cli.batch import Source, open_or_error, transcribe_each
from edge_runtime.cli.inputs.opening import open_recording
from edge_runtime.cli.many.again import may_pass
from edge_runtime.cli.many.items import Item, Outcome
from edge_runtime.errors import DeviceLostError
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import EngineInfo, Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is requested for every recording; the transcript depends on it.

    Attributes:
        load: how a recording is read.
        transcribe: language, context and token budget.
        align: how words are aligned, None where they are not.
    """

    load: LoadOptions
    transcribe: TranscribeOptions
    align: AlignOptions | None


@dataclass(frozen=True, slots=True)
class EngineIdentity:
    """The bundles of an engine.

    Attributes:
        recognizer: its bundle.
        aligner: its bundle, None without one.
    """

    recognizer: EngineInfo
    aligner: EngineInfo | None


@dataclass(frozen=True, slots=True)
class Engine:
    """Loaded models.

    Attributes:
        recognizer: transcribes.
        aligner: times the words, if there is one.
        request: for all recordings.
        quiet: no remarks.
    """

    recognizer: Recognizer
    aligner: Aligner | None
    request: Request
    quiet: bool

    @property
    def identity(self) -> EngineIdentity:
        """What it was loaded from."""
        aligner = None if self.aligner is None else EngineInfo.of(self.aligner.bundle)
        return EngineIdentity(EngineInfo.of(self.recognizer.bundle), aligner)

    def close(self) -> None:
        """Do nothing: the end of the process frees the models."""

    def transcribe(self, items: Iterable[Item], batch_size: int) -> Iterator[tuple[Item, Outcome]]:
        """Yield what becomes of each item, in order; raises as `cli.batch.transcribe_each`.

        What failed for a reason that may pass is tried a second time.

        Args:
            items: taken when they are needed, a few ahead with `batch_size` above 1.
            batch_size: recordings decoded together.
        """
        taken: deque[Item] = deque()
        for source, result in self._results(self._sources(items, taken), batch_size):
            yield taken.popleft(), self._tried_again(source, result)

    def _sources(self, items: Iterable[Item], taken: deque[Item]) -> Iterator[Source]:
        open_source = partial(open_recording, self.request.load)
        for item in items:
            taken.append(item)
            yield item.recording.error or open_or_error(open_source, item.name)

    def _results(
        self, sources: Iterable[Source], batch_size: int
    ) -> Iterator[tuple[Source, Transcript | Exception]]:
        options, quiet = self.request.transcribe, self.quiet
        for source, result in transcribe_each(self.recognizer, sources, options, batch_size, quiet=quiet):
            yield source, self._timed(source, result)

    def _tried_again(self, source: Source, result: Transcript | Exception) -> Outcome:
        if not isinstance(result, Exception) or isinstance(source, Exception) or not may_pass(result):
            return Outcome(result)
        ((_, again),) = self._results([source], batch_size=1)
        return Outcome(again, tries=2)

    def _timed(self, source: Source, result: Transcript | Exception) -> Transcript | Exception:
        """Add the times of words."""
        if self.aligner is None or isinstance(result, Exception):
            return result
        assert not isinstance(source, Exception), "an error has no transcript"
        try:
            return add_word_timestamps(result, self.aligner, source, self.request.align)
        except DeviceLostError:
            raise
        except Exception as error:  # noqa: BLE001  # of this recording alone
            return error
