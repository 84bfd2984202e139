"""What a forced alignment returns."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge_runtime.arrays import Seconds
from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.results.result_warning import ResultWarning
from edge_runtime.results.transcript import AlignStatus, AlignTiming, AudioInfo, EngineInfo
from edge_runtime.results.words import Word
from edge_runtime.writers import alignment_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """The words of one recording and when they are spoken.

    Attributes:
        words: as written, in order, with times in seconds, confidence, and flags where a time is doubtful.
        language: name of the language of the text.
        duration_s: length of the recording.
        status: "no_speech" if nothing in the recording is loud enough to be speech; the words still have the
            times that the model predicted, each flagged `outside_speech`. Else "ok".
        warnings: why the text may not be what is spoken; that channels were mixed down.
        captions: those that were given in place of a text, with their new times; None for a text.
        match: how well text and recording fit, from 0 to 1; None where the alignment was not judged.
        has_markup: whether `<i>` and `&amp;` in the text are markup, which is not aligned.
    """

    words: tuple[Word, ...]
    language: str
    duration_s: Seconds
    status: AlignStatus
    warnings: tuple[ResultWarning, ...]
    audio: AudioInfo
    timing: AlignTiming
    engine: EngineInfo
    runtime_version: str
    captions: tuple[TimedSegment, ...] | None = None
    match: float | None = None
    has_markup: bool = False

    def document(self) -> Document:
        """Return the words as the input of the writers, one segment a sentence or a kept caption."""
        if self.captions is not None:
            document = Document(self.language, self.duration_s, self.captions, has_markup=self.has_markup)
        else:
            document = Document.from_words(
                self.words,
                language=self.language,
                duration_s=self.duration_s,
                has_markup=self.has_markup,
            )
        return replace(document, status=self.status, warnings=self.warnings)

    def to_json(self, offset_s: Seconds = 0.0) -> str:
        """Return the alignment as one line of JSON, keys sorted; schema `engines/alignment.schema.json`.

        Args:
            offset_s: added to all times.
        """
        return alignment_json.encode(
            self.document().shifted(offset_s),
            audio=self.audio,
            timing=self.timing,
            engine=self.engine,
            runtime_version=self.runtime_version,
            match=self.match,
        )
