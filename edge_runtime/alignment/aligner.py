"""The composition root of alignment: a bundle in, an aligner out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_runtime.alignment.capacity import max_window_s, require_positions
from edge_runtime.alignment.checks import text_warnings, time_warnings
from edge_runtime.alignment.result import Alignment
from edge_runtime.alignment.times import UnitTime, repair_times, unit_times
from edge_runtime.alignment.trim import crop, shift_spans, trim_range
from edge_runtime.alignment.windows import align_long
from edge_runtime.alignment.word_assembly import assemble_words
from edge_runtime.arrays import Array, Seconds, Waveform
from edge_runtime.audio.load import Audio, load_source
from edge_runtime.backends.registry import open_component
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Bundle, Progress
from edge_runtime.bundle.manifest import Language
from edge_runtime.errors import AudioTooLongError, UsageError
from edge_runtime.loaded_model import LoadedModel
from edge_runtime.model.aligner_prompt import build_align_prompt, prompt_length
from edge_runtime.model.audio_encoder import AudioEncoder
from edge_runtime.model.timestamp_classifier import TimestampClasses, TimestampClassifier
from edge_runtime.results.transcript import (
    AlignTiming,
    AudioInfo,
    EngineInfo,
    ResultWarning,
    mixdown_warning,
    runtime_version,
)
from edge_runtime.results.words import Word
from edge_runtime.stopwatch import Stopwatch
from edge_runtime.text.languages import require_language
from edge_runtime.text.tokenizer import Tokenizer
from edge_runtime.text.units import Korean, Reference, Unit, split_units
from edge_runtime.vad.energy import Span, detect_speech, pad_spans
from edge_runtime.verification.load import open_checked


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignOptions:
    """How to align.

    Attributes:
        korean: how Korean words split.
        reference: the upstream to follow where two split text differently; the table is in `units.py`.
        parity: behave exactly as the official aligner: all audio in one pass, silence included, even for a
            text without words; times after the end stay, and no word is flagged as outside speech.
    """

    korean: Korean = "dictionary"
    reference: Reference = "qwen_asr"
    parity: bool = False


class Aligner(LoadedModel):
    """Times for the words of a known text, with one bundle. Calls from several threads queue."""

    def __init__(self, bundle: Bundle, options: SessionOptions | None = None) -> None:
        """Load the graphs of a verified bundle; `load` also opens and verifies it."""
        super().__init__()
        manifest = bundle.manifest
        self.bundle: Final = bundle
        self._spec: Final = manifest.require_aligner()
        self._manifest: Final = manifest
        self._audio_encoder: Final = AudioEncoder.of(manifest, open_component(bundle, "encoder", options))
        self._classifier: Final = TimestampClassifier(open_component(bundle, "aligner", options))
        self._tokenizer: Final = Tokenizer(bundle.file("tokenizer.json"))

    @classmethod
    def load(
        cls,
        directory: str | Path,
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
        audio: str | Path | Array | Audio,
        text: str,
        language: str,
        *,
        sample_rate: int | None = None,
        options: AlignOptions | None = None,
    ) -> Alignment:
        """Find when each word of a text is spoken.

        Recordings longer than the model takes in one pass are aligned window by window.

        Args:
            audio: a file, samples of shape (num_samples,) or (num_samples, channels), or loaded `Audio`.
            text: what is said in it, punctuation and all.
            language: name or code of the language of the text.
            sample_rate: rate of the samples in Hz, needed with an array.
            options: how to align.

        Raises:
            AudioError: the audio cannot be used, or is longer than the bundle takes.
            UsageError: the bundle does not align the language; the text has no letter or digit, or is far
                too long for the audio; `sample_rate` is missing for an array.
            BackendUnavailableError: Japanese without `nagisa`.
        """
        resolved = options or AlignOptions()
        language_spec = require_language(language, self._manifest.languages)
        clean_text = text if resolved.parity else " ".join(text.split())
        units = split_units(
            clean_text, language_spec.name, korean=resolved.korean, reference=resolved.reference
        )
        if not units and not resolved.parity:
            raise UsageError(f"The text {text[:40]!r} has no letter or digit to align. Give what is spoken.")
        stopwatch = Stopwatch()
        with stopwatch.stage("decode"):
            loaded = load_source(
                audio, sample_rate, self._manifest.features.sample_rate, self._manifest.limits.max_audio_s
            )
        detected = None if resolved.parity else detect_speech(loaded.waveform, loaded.sample_rate)
        with self._exclusive():
            times = list(self._times(loaded, units, detected, stopwatch))
        speech = None if detected is None else pad_spans(detected, loaded.duration_s)
        words = assemble_words(clean_text, units, times, speech=speech)
        warnings = tuple(_warnings(loaded, units, words, speech))
        return self._alignment(loaded, language_spec, words, warnings, stopwatch)

    def classify(self, audio: str | Path | Audio, text: str, language: str) -> TimestampClasses:
        """Return the model's classes for a whole recording in one pass; nothing is trimmed or repaired.

        Raises:
            AudioError: the audio cannot be used, or is longer than one pass.
            UsageError: as of `align`.
        """
        units = split_units(text, require_language(language, self._manifest.languages).name)
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
        with self._exclusive():
            return self._classify(loaded.waveform, units, Stopwatch())

    def _times(
        self, audio: Audio, units: Sequence[Unit], detected: Sequence[Span] | None, stopwatch: Stopwatch
    ) -> Iterator[UnitTime]:
        def align_piece(piece: Waveform, piece_units: Sequence[Unit]) -> list[UnitTime]:
            return unit_times(self._classify(piece, piece_units, stopwatch), self._spec.bin_ms)

        if detected is None:
            yield from repair_times(align_piece(audio.waveform, units))[: len(units)]
            return
        trimmed, rate = trim_range(audio.duration_s, detected), audio.sample_rate
        piece = crop(audio.waveform, rate, trimmed)
        shifted_speech = shift_spans(trimmed.start, pad_spans(detected, audio.duration_s))
        max_window_s = self._window_s(piece.size / rate, units, shifted_speech)
        if piece.size <= max_window_s * rate:
            times: Iterator[UnitTime] = iter(repair_times(align_piece(piece, units)))
        else:
            times = align_long(align_piece, piece, rate, units, max_s=max_window_s, speech=shifted_speech)
        for time in times:
            yield _shift_time(time, round(trimmed.start * rate) * 1000 / rate, audio.duration_s * 1000)

    def _window_s(self, duration_s: Seconds, units: Sequence[Unit], speech: Sequence[Span]) -> Seconds:
        features, encoder = self._manifest.features, self._manifest.encoder
        chunk_s = encoder.chunk_frames * features.hop_length / features.sample_rate
        return max_window_s(
            self._spec,
            audio_tokens_per_s=encoder.chunk_tokens / chunk_s,
            text_tokens=sum(len(self._tokenizer.encode(unit.text)) + 2 for unit in units),
            duration_s=duration_s,
            speech_s=_speech_duration_s(speech, duration_s),
        )

    def _classify(self, piece: Waveform, units: Sequence[Unit], stopwatch: Stopwatch) -> TimestampClasses:
        """Run the model once on a piece of audio and its units."""
        unit_ids = [self._tokenizer.encode(unit.text) for unit in units]
        audio_embeds = self._audio_encoder.encode(piece, stopwatch)
        seconds = piece.size / self._manifest.features.sample_rate
        require_positions(self._spec, prompt_length(len(audio_embeds), unit_ids), seconds, len(units))
        with stopwatch.stage("align"):
            prompt = build_align_prompt(self._spec, len(audio_embeds), unit_ids)
            return self._classifier.classify(prompt, audio_embeds)

    def _alignment(
        self,
        audio: Audio,
        language: Language,
        words: tuple[Word, ...],
        warnings: tuple[ResultWarning, ...],
        stopwatch: Stopwatch,
    ) -> Alignment:
        total_ms = stopwatch.elapsed_ms()
        return Alignment(
            words=words,
            language=language.name,
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
            runtime_version=runtime_version(),
        )


def _shift_time(time: UnitTime, offset_ms: float, duration_ms: float) -> UnitTime:
    """Return the time from the start of the recording, clipped to its ends."""
    start, end = time.start_ms + offset_ms, time.end_ms + offset_ms
    clipped_start, clipped_end = (min(max(at, 0.0), duration_ms) for at in (start, end))
    was_clipped = (start, end) != (clipped_start, clipped_end)
    return UnitTime(clipped_start, clipped_end, time.confidence, time.repaired or was_clipped)


def _speech_duration_s(speech: Sequence[Span], duration_s: Seconds) -> Seconds:
    return sum(span.end - span.start for span in speech) or duration_s


def _warnings(
    audio: Audio, units: Sequence[Unit], words: Sequence[Word], speech: Sequence[Span] | None
) -> Iterator[ResultWarning]:
    if speech is not None:
        yield from text_warnings(units, _speech_duration_s(speech, audio.duration_s))
        if speech:
            yield from time_warnings(words)
        else:
            yield ResultWarning("no_speech", "Nothing in the recording is loud enough to be speech.")
    if (mixdown := mixdown_warning(audio)) is not None:
        yield mixdown
