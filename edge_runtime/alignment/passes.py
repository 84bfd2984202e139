"""The loaded graphs of an aligner and what they do with a waveform and its units; one call at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from edge_runtime.alignment.capacity import max_window_s, require_positions
from edge_runtime.alignment.times import UnitTime, repair_times, unit_times
from edge_runtime.alignment.trim import crop, shift_spans, trim_range
from edge_runtime.alignment.windows import align_long
from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.load import Audio
from edge_runtime.backends.registry import open_component
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.model.aligner_prompt import build_align_prompt, prompt_length
from edge_runtime.model.audio_encoder import AudioEncoder
from edge_runtime.model.timestamp_classifier import TimestampClasses, TimestampClassifier
from edge_runtime.stopwatch import Stopwatch
from edge_runtime.text.tokenizer import Tokenizer
from edge_runtime.text.units import Unit
from edge_runtime.vad.energy import Span, pad_spans


class AlignerPasses:
    """Encoder and aligner of one bundle. Callers see to it that calls do not overlap."""

    def __init__(self, bundle: Bundle, options: SessionOptions | None) -> None:
        """Load the graphs of a verified bundle."""
        manifest = bundle.manifest
        self._manifest: Final = manifest
        self._spec: Final = manifest.require_aligner()
        self._audio_encoder: Final = AudioEncoder.of(manifest, open_component(bundle, "encoder", options))
        self._classifier: Final = TimestampClassifier(open_component(bundle, "aligner", options))
        self._tokenizer: Final = Tokenizer(bundle.file("tokenizer.json"))

    def times(
        self, audio: Audio, units: Sequence[Unit], detected: Sequence[Span] | None, stopwatch: Stopwatch
    ) -> Iterator[UnitTime]:
        """Yield the times of units.

        Args:
            audio: the recording.
            units: of its text.
            detected: spans of speech; None aligns all of the audio in one pass, as the official aligner does.
            stopwatch: measures the stages.
        """

        def align_piece(piece: Waveform, piece_units: Sequence[Unit]) -> list[UnitTime]:
            return unit_times(self.classify(piece, piece_units, stopwatch), self._spec.bin_ms)

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
            speech_s=speech_duration_s(speech, duration_s),
        )

    def classify(self, piece: Waveform, units: Sequence[Unit], stopwatch: Stopwatch) -> TimestampClasses:
        """Run the model once on a piece of audio and its units."""
        unit_ids = [self._tokenizer.encode(unit.text) for unit in units]
        audio_embeds = self._audio_encoder.encode(piece, stopwatch)
        seconds = piece.size / self._manifest.features.sample_rate
        require_positions(self._spec, prompt_length(len(audio_embeds), unit_ids), seconds, len(units))
        with stopwatch.stage("align"):
            prompt = build_align_prompt(self._spec, len(audio_embeds), unit_ids)
            return self._classifier.classify(prompt, audio_embeds)


def _shift_time(time: UnitTime, offset_ms: float, duration_ms: float) -> UnitTime:
    """Return the time from the start of the recording, clipped to its ends."""
    start, end = time.start_ms + offset_ms, time.end_ms + offset_ms
    clipped_start, clipped_end = (min(max(at, 0.0), duration_ms) for at in (start, end))
    was_clipped = (start, end) != (clipped_start, clipped_end)
    return UnitTime(clipped_start, clipped_end, time.confidence, time.repaired or was_clipped)


def speech_duration_s(speech: Sequence[Span], duration_s: Seconds) -> Seconds:
    """Return seconds of speech, or the length of a recording that has none."""
    return sum(span.end - span.start for span in speech) or duration_s
