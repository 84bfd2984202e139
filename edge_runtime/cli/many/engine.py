"""What transcribes the recordings of a command: the loaded models and how they are asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from edge_runtime.alignment.aligner import Aligner, AlignOptions
from edge_runtime.alignment.word_timestamps import add_word_timestamps
from edge_runtime.audio.options import LoadOptions
from edge_runtime.cli.batch import Source, open_or_error, transcribe_each
from edge_runtime.cli.inputs.opening import open_recording
from edge_runtime.cli.inputs.recordings import Recording
from edge_runtime.errors import DeviceLostError
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What every recording is asked for; the transcript depends on it.

    Attributes:
        load: how a recording is read.
        transcribe: language, context and token budget.
        align: how words are aligned, if they are.
    """

    load: LoadOptions
    transcribe: TranscribeOptions
    align: AlignOptions


@dataclass(frozen=True, slots=True)
class Engine:
    """Loaded models.

    Attributes:
        recognizer: transcribes.
        aligner: times the words, if there is one.
        asked: for all recordings.
        quiet: no remarks.
    """

    recognizer: Recognizer
    aligner: Aligner | None
    asked: Asked
    quiet: bool

    def transcribe(
        self, recordings: Iterable[Recording], batch_size: int
    ) -> Iterator[Transcript | Exception]:
        """Yield the transcript of each recording, in order, or what was raised; raises as `transcribe_each`.

        Args:
            recordings: taken when they are needed, a few ahead with `batch_size` above 1.
            batch_size: recordings decoded together.
        """
        open_source = partial(open_recording, self.recognizer.bundle.manifest, self.asked.load)
        sources = (one.error or open_or_error(open_source, one.name) for one in recordings)
        transcripts = transcribe_each(
            self.recognizer, sources, self.asked.transcribe, batch_size, quiet=self.quiet
        )
        return (self._timed(source, result) for source, result in transcripts)

    def _timed(self, source: Source, result: Transcript | Exception) -> Transcript | Exception:
        """Add the times of words."""
        if self.aligner is None or isinstance(result, Exception):
            return result
        assert not isinstance(source, Exception), "an error has no transcript"
        try:
            return add_word_timestamps(result, self.aligner, source, self.asked.align)
        except DeviceLostError:
            raise
        except Exception as error:  # noqa: BLE001  # of this recording alone
            return error
