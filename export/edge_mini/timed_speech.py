"""Speech of which it is known when each word is spoken."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_mini.pinyin import to_pinyin
from edge_mini.sentences import Language
from edge_mini.synthesis import SAMPLE_RATE, Prosody, Waveform, audible, read_wav
from edge_mini.variants import data_folder_with
from edge_mini.voices import Voice

_PROGRAM = Path(__file__).with_name("espeak_marks.py")


class UntimedWordError(ValueError):
    """The engine spoke words as one and does not say where the second begins."""


@dataclass(frozen=True, slots=True)
class Span:
    """When something is spoken, in seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class TimedSpeech:
    """16 kHz mono samples, shape (N,), and the span of each word, in Chinese of each character."""

    samples: Waveform
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Mark:
    """The beginning of a word (`offset` in the text) or of one of its phonemes (`offset` is -1)."""

    time_s: float
    offset: int
    phoneme: str

    @property
    def is_pause(self) -> bool:
        # "_|" separates syllables without silence.
        return self.phoneme.startswith("_") and self.phoneme != "_|"


def speak_timed(text: str, language: Language, voice: Voice, prosody: Prosody) -> TimedSpeech:
    """Synthesise one sentence with espeak-ng, silence trimmed at both ends.

    The spans are the engine's own, in whole milliseconds. A word ends where a pause or the next word begins.

    Raises:
        UntimedWordError: see there.
    """
    spoken = to_pinyin(text) if language == "Chinese" else text
    samples, marks = _run(spoken, voice, prosody)
    words = [match.start() for match in re.finditer(r"\S+", spoken)]
    kept = audible(samples)
    first_s, last_s = kept.start / SAMPLE_RATE, min(kept.stop, samples.size) / SAMPLE_RATE
    spans = [
        Span(min(max(span.start, first_s), last_s) - first_s, min(max(span.end, first_s), last_s) - first_s)
        for span in _spans(_with_articles(marks, spoken), words)
    ]
    return TimedSpeech(samples[kept], tuple(spans))


def _run(text: str, voice: Voice, prosody: Prosody) -> tuple[Waveform, list[_Mark]]:
    folder = str(data_folder_with(voice.random_variant)) if voice.random_variant else ""
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        options = [text, voice.name, folder, str(prosody.rate_wpm), str(prosody.pitch), wav.name]
        # The command is made of this package's own grammar and voice tables only.
        command = [sys.executable, "-I", "-S", str(_PROGRAM), *options]
        printed = subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603
        samples = read_wav(Path(wav.name).read_bytes())
    return samples, [
        _Mark(time_ms / 1000, offset, phoneme) for time_ms, offset, phoneme in json.loads(printed)
    ]


def _with_articles(marks: Sequence[_Mark], text: str) -> list[_Mark]:
    """Give "the" a mark of its own where the engine has none, as in "in the": at its consonant."""
    starts = sorted(mark.offset for mark in marks if mark.offset >= 0)
    inserted = list(marks)
    for match in re.finditer(r"\bthe\b", text):
        if match.start() in starts:
            continue
        before = max((start for start in starts if start < match.start()), default=-1)
        first = next(index for index, mark in enumerate(inserted) if mark.offset == before) + 1
        after = next((i for i in range(first, len(inserted)) if inserted[i].offset >= 0), len(inserted))
        # Caribbean voices have "d" for "th"; the last one, because there is another in "and the".
        consonants = [i for i in range(first, after) if inserted[i].phoneme.startswith(("D", "d"))]
        if consonants:
            inserted.insert(consonants[-1], _Mark(inserted[consonants[-1]].time_s, match.start(), ""))
    return inserted


def _spans(marks: Sequence[_Mark], words: Sequence[int]) -> list[Span]:
    """Return when the words at some offsets begin and end."""
    places = {mark.offset: index for index, mark in enumerate(marks) if mark.offset >= 0}
    missing = [offset for offset in words if offset not in places]
    if missing:
        raise UntimedWordError(f"no mark for the word at {missing[0]}")
    return [_span(marks, places[offset]) for offset in words]


def _span(marks: Sequence[_Mark], place: int) -> Span:
    """Return the span of the word marked at a place.

    A word's own mark includes the closure before a plosive; after a pause that is silence, so there the
    word begins with its first phoneme.
    """
    behind = [mark for mark in marks[place + 1 :] if mark.offset >= 0 or mark.is_pause]
    after_pause = place == 0 or marks[place - 1].is_pause
    first = marks[place + 1] if after_pause and not marks[place + 1].is_pause else marks[place]
    return Span(first.time_s, max(first.time_s, behind[0].time_s) if behind else marks[-1].time_s)
