"""When the words of a final were spoken."""

from __future__ import annotations

from dataclasses import replace

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.errors import AudioError, BackendUnavailableError, UsageError
from edge_runtime.results.words import Word
from edge_runtime.streaming.events import Final, Words
from edge_runtime.text.languages import match_language
from edge_runtime.vad.timestamps import SAMPLE_RATE


def word_times(final: Final, samples: Waveform, aligner: Aligner) -> Words:
    """Align the words of a final; where that cannot be, the event says why.

    Args:
        final: with text.
        samples: of its segment, at 16 kHz.
        aligner: aligns the text.
    """
    languages = aligner.bundle.manifest.languages
    language = match_language(final.language or "", languages)
    if language is None:
        return _without(final, f"The aligner does not know the language {final.language}.")
    try:
        alignment = aligner.align((SAMPLE_RATE, samples), final.text, language.name)
    except (AudioError, UsageError, BackendUnavailableError) as error:
        return _without(final, str(error))
    words = tuple(_shifted(word, final.start) for word in alignment.words)
    return Words(words=words, start=final.start, end=final.end)


def _shifted(word: Word, by: Seconds) -> Word:
    return replace(word, start=round(word.start + by, 3), end=round(word.end + by, 3))


def _without(final: Final, problem: str) -> Words:
    return Words(words=(), start=final.start, end=final.end, problem=problem)
