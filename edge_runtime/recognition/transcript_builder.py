"""From what the model wrote to what the user reads, with nothing hidden on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from edge_runtime.arrays import Milliseconds
from edge_runtime.audio.load import Audio
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.bundle.manifest import Language
from edge_runtime.decoding.generate import Generation
from edge_runtime.decoding.timing import TokenTimes
from edge_runtime.recognition.output import ParsedOutput, parse_output
from edge_runtime.results.transcript import (
    ResultWarning,
    Segment,
    Status,
    Timing,
    Transcript,
    audio_info,
    engine_of,
    runtime_version,
)
from edge_runtime.stopwatch import Stopwatch
from edge_runtime.text.languages import code_of

_STEREO = 2


@dataclass(frozen=True, slots=True)
class Transcribed:
    """One decoded recording.

    Attributes:
        bundle: what decoded it.
        audio: the recording.
        forced_language: the language that the caller chose, if any.
        generation: the token ids.
        raw: their text, language and tag included.
    """

    bundle: Bundle
    audio: Audio
    forced_language: Language | None
    generation: Generation
    raw: str

    def transcript(self, times: TokenTimes, stopwatch: Stopwatch) -> Transcript:
        """Parse the answer and put the result together."""
        manifest = self.bundle.manifest
        forced_name = self.forced_language.name if self.forced_language else None
        parsed = parse_output(self.raw, manifest.require_asr().prompt.text_tag, forced_name)
        truncated = self.generation.finish_reason == "length"
        logprobs = self.generation.logprobs
        return Transcript(
            text=parsed.text,
            language=parsed.language or None,
            language_code=code_of(parsed.language, manifest.languages),
            language_forced=self.forced_language is not None,
            status=self._status(parsed),
            no_speech=not parsed.text,
            truncated=truncated,
            avg_logprob=fmean(logprobs) if logprobs else None,
            num_tokens=len(logprobs),
            segments=(Segment(0.0, self.audio.duration_s, parsed.text),) if parsed.text else (),
            warnings=tuple(self._warnings(parsed)),
            audio=audio_info(self.audio),
            timing=self._timing(times, stopwatch),
            engine=engine_of(self.bundle),
            runtime_version=runtime_version(),
        )

    def _status(self, parsed: ParsedOutput) -> Status:
        if self.generation.finish_reason == "length":
            return "truncated"
        return "ok" if parsed.text else "no_speech"

    def _warnings(self, parsed: ParsedOutput) -> Iterator[ResultWarning]:
        if self.generation.finish_reason == "length":
            num_tokens = len(self.generation.token_ids)
            yield ResultWarning(
                "truncated", f"The token budget of {num_tokens} ended the text; speech may be missing."
            )
        if parsed.repetition_removed:
            yield ResultWarning("repetition_removed", "A run of repeated text was collapsed to one.")
        if self.audio.source_channels > _STEREO:
            yield ResultWarning(
                "channels_mixed", f"{self.audio.source_channels} channels were averaged to one."
            )

    def _timing(self, times: TokenTimes, stopwatch: Stopwatch) -> Timing:
        # The end of the text counts, what a device did beyond it does not.
        tokens = times.token_ms[: len(self.generation.token_ids) + 1]
        total_ms = stopwatch.elapsed_ms()
        generate_ms = tokens[-1] - tokens[0]
        return Timing(
            decode_ms=stopwatch["decode"],
            frontend_ms=stopwatch["frontend"],
            encoder_ms=stopwatch["encoder"],
            prefill_ms=times.prefill_ms,
            generate_ms=generate_ms,
            total_ms=total_ms,
            ttft_ms=self._ttft_ms(tokens, stopwatch["decode"]),
            decode_tok_s=1e3 * (len(tokens) - 1) / generate_ms if len(tokens) > 1 else None,
            rtf=total_ms / 1e3 / self.audio.duration_s,
        )

    def _ttft_ms(self, token_ms: list[Milliseconds], decode_ms: Milliseconds) -> Milliseconds | None:
        """Return when the first token of the text came: the one after the text tag."""
        ids = self.generation.token_ids
        tag = self.bundle.manifest.require_asr().prompt.text_tag_id
        first = ids.index(tag) + 1 if tag in ids else 0
        return token_ms[first] - decode_ms if first < len(ids) else None
