"""The composition root of alignment: a bundle in, an aligner out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Final

from edge_runtime.alignment.align_options import AlignOptions
from edge_runtime.alignment.caption_words import CaptionWords, split_at
from edge_runtime.alignment.checks import text_warnings, time_warnings
from edge_runtime.alignment.passes import AlignerPasses, speech_duration_s
from edge_runtime.alignment.result import Alignment
from edge_runtime.alignment.silence import leave_silence, silence_warnings
from edge_runtime.alignment.verdict.pair_judge import PairJudge, Verdict, joined_spans
from edge_runtime.audio.load import Audio
from edge_runtime.audio.source import AudioSource, load_source
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Bundle, Progress
from edge_runtime.errors import AudioTooLongError, UsageError
from edge_runtime.loaded_model import LoadedModel
from edge_runtime.model.timestamp_classifier import TimestampClasses
from edge_runtime.results.result_warning import (
    ResultWarning,
    dialect_warning,
    mixdown_warning,
    recording_warnings,
)
from edge_runtime.results.transcript import AlignTiming, AudioInfo, EngineInfo
from edge_runtime.results.words import Word
from edge_runtime.stopwatch import Stopwatch
from edge_runtime.text.languages import LanguageChoice, require_language
from edge_runtime.text.units import Korean, Reference, Unit, split_units
from edge_runtime.vad.energy import Span, detect_speech, pad_spans
from edge_runtime.verification.load import open_checked
from edge_runtime.version import VERSION


class Aligner(LoadedModel[AlignerPasses]):
    """Times for the words of a known text, with one bundle. Calls from several threads queue.

    `with Aligner.load(...) as aligner:` and `close` free its memory.
    """

    def __init__(self, bundle: Bundle, options: SessionOptions | None = None) -> None:
        """Load the graphs of a verified bundle; `load` also opens and verifies it."""
        super().__init__(AlignerPasses(bundle, options))
        self.bundle: Final = bundle
        self._manifest: Final = bundle.manifest
        self._spec: Final = bundle.manifest.require_aligner()
        self._judge: Final = PairJudge.of(bundle)

    @classmethod
    def load(
        cls,
        directory: str | os.PathLike[str],
        *,
        device: str = "auto",
        threads: int = 0,
        trust: str | Path | None = None,
        progress: Progress | None = None,
    ) -> Aligner:
        """Verify a bundle and load it; arguments and errors as of `Recognizer.load`."""
        checked = open_checked(Path(directory), device, threads, progress, trust=trust)
        return cls(checked.bundle, checked.options)

    def align(
        self,
        audio: AudioSource,
        text: str | Sequence[str],
        language: str,
        *,
        korean: Korean | None = None,
        reference: Reference | None = None,
        parity: bool | None = None,
        sample_rate: int | None = None,
        options: AlignOptions | None = None,
    ) -> Alignment:
        """Find when each word of a text is spoken.

        Recordings longer than the model takes in one pass are aligned window by window.

        Args:
            audio: as of `Recognizer.transcribe`.
            text: what is said in it, punctuation and all; or captions, each of which becomes a segment. What
                `Script` says is not spoken stays in the text and is not aligned.
            language: of the text, by any of its names ("English", "en", "en-US" …).
            korean: as in `AlignOptions`, like the two below; what is not None replaces that of `options`.
            reference: the upstream to follow.
            parity: whether to behave as the official aligner.
            sample_rate: rate of bare samples in Hz.
            options: how to align, together.

        Raises:
            AudioError: the audio cannot be used, or is longer than the bundle takes.
            UsageError: the bundle does not align the language; the text has no letter or digit, or is far
                too long for the audio; samples without their rate; the aligner was closed, or loaded by
                another process.
            AudioTypeError: `audio` is nothing that is accepted; a `UsageError` and a `TypeError`.
            BackendUnavailableError: Japanese without `nagisa`.
        """
        with self._exclusive():  # refuse a closed aligner before the audio is read
            resolved = (options or AlignOptions()).replaced(korean=korean, reference=reference, parity=parity)
        choice = require_language(language, self._manifest.languages)
        captions = resolved.split([text] if isinstance(text, str) else text, choice.language.name)
        if not captions.units and not resolved.parity:
            shown = " ".join(captions.captions)[:40]
            raise UsageError(f"The text {shown!r} has no letter or digit to align. Give what is spoken.")
        stopwatch = Stopwatch()
        with stopwatch.stage("decode"):
            loaded = load_source(
                audio, sample_rate, self._manifest.features.sample_rate, self._manifest.limits.max_audio_s
            )
        placed = self._find(loaded, captions, resolved, stopwatch)
        words = leave_silence(placed.words, placed.speech or ())
        warnings = (*_warnings(loaded, choice, captions.units, placed), *placed.verdict_warnings)
        rows = split_at(words, placed.sizes)
        kept = None if isinstance(text, str) else captions.segments(rows, loaded.duration_s)
        return replace(
            self._alignment(loaded, choice, words, warnings, stopwatch),
            captions=kept,
            match=placed.verdict.score if placed.verdict else None,
            has_markup=captions.has_markup,
        )

    def _find(
        self, audio: Audio, captions: CaptionWords, options: AlignOptions, stopwatch: Stopwatch
    ) -> _Placed:
        """Have the model place the words, and judge them."""
        detected = None if options.parity else detect_speech(audio.waveform, audio.sample_rate)
        with self._exclusive() as graphs:
            times = list(graphs.times(audio, captions.units, detected, stopwatch))
        speech = None if detected is None else pad_spans(detected, audio.duration_s)
        judged = options.judge and bool(speech)
        voice = self._judge.voice(audio) if judged else ()
        speech = None if speech is None else joined_spans(speech, voice)
        rows = captions.assemble(times, speech)
        words = tuple(chain.from_iterable(rows))
        verdict = self._judge.verdict(audio, words, voice) if judged else None
        return _Placed(words, tuple(map(len, rows)), speech, verdict)

    def classify(self, audio: AudioSource, text: str, language: str) -> TimestampClasses:
        """Return the model's classes for a whole recording in one pass; nothing is trimmed or repaired.

        Raises:
            AudioError: the audio cannot be used, or is longer than one pass.
            UsageError: as of `align`.
        """
        units = split_units(text, require_language(language, self._manifest.languages).language.name)
        if not units:
            raise UsageError(f"The text {text[:40]!r} has no letter or digit to align. Give what is spoken.")
        loaded = load_source(
            audio, None, self._manifest.features.sample_rate, self._manifest.limits.max_audio_s
        )
        if loaded.duration_s > self._spec.max_audio_s:
            raise AudioTooLongError(
                f"{loaded.duration_s:.1f} s of audio are more than one pass of this aligner, "
                f"{self._spec.max_audio_s:g} s. Give shorter recordings."
            )
        with self._exclusive() as graphs:
            return graphs.classify(loaded.waveform, units, Stopwatch())

    def _alignment(
        self,
        audio: Audio,
        choice: LanguageChoice,
        words: tuple[Word, ...],
        warnings: tuple[ResultWarning, ...],
        stopwatch: Stopwatch,
    ) -> Alignment:
        total_ms = stopwatch.elapsed_ms()
        return Alignment(
            words=words,
            language=choice.language.name,
            duration_s=audio.duration_s,
            status="no_speech" if any(warning.code == "no_speech" for warning in warnings) else "ok",
            warnings=warnings,
            audio=AudioInfo.of(audio),
            timing=AlignTiming(
                decode_ms=stopwatch["decode"],
                frontend_ms=stopwatch["frontend"],
                encoder_ms=stopwatch["encoder"],
                align_ms=stopwatch["align"],
                total_ms=total_ms,
                rtf=total_ms / 1e3 / audio.duration_s,
            ),
            engine=EngineInfo.of(self.bundle),
            runtime_version=VERSION,
        )


@dataclass(frozen=True, slots=True)
class _Placed:
    """What the model says of a pair: words as placed, how many each caption has, speech, a verdict."""

    words: tuple[Word, ...]
    sizes: tuple[int, ...]
    speech: Sequence[Span] | None
    verdict: Verdict | None

    @property
    def verdict_warnings(self) -> tuple[ResultWarning, ...]:
        return self.verdict.warnings if self.verdict else ()


def _warnings(
    audio: Audio, choice: LanguageChoice, units: Sequence[Unit], placed: _Placed
) -> Iterator[ResultWarning]:
    speech = placed.speech
    if speech is not None:
        yield from text_warnings(units, speech_duration_s(speech, audio.duration_s))
        if speech:
            yield from time_warnings(placed.words)
            yield from silence_warnings(placed.words, speech)
        else:
            yield ResultWarning("no_speech", "Nothing in the recording is loud enough to be speech.")
    for warning in (dialect_warning(choice), mixdown_warning(audio)):
        if warning is not None:
            yield warning
    yield from recording_warnings(audio)
