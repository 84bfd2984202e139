"""The composition root: a bundle in, a recogniser out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_runtime.arrays import Array
from edge_runtime.audio import Audio
from edge_runtime.budget import token_budget
from edge_runtime.bundle import Bundle, Progress, open_bundle
from edge_runtime.component import open_component
from edge_runtime.decoder import Decoder
from edge_runtime.device import require_device
from edge_runtime.encoder import Encoder
from edge_runtime.engine_check import require_engines
from edge_runtime.fbank import Fbank
from edge_runtime.generate import generate
from edge_runtime.kind import asr_parts
from edge_runtime.languages import find_language
from edge_runtime.manifest import Language
from edge_runtime.prompt import build_prompt
from edge_runtime.request import take_audio
from edge_runtime.results import Transcript
from edge_runtime.session import SessionOptions
from edge_runtime.timing import Stopwatch, TimedDecoder
from edge_runtime.tokenizer import Tokenizer
from edge_runtime.transcribed import Transcribed


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscribeOptions:
    """What to ask of a recording.

    Attributes:
        language: name or code to force, None or "auto" to detect.
        context: background text, such as names and terms that may occur.
        max_new_tokens: token budget; None makes it proportional to the audio.
    """

    language: str | None = None
    context: str = ""
    max_new_tokens: int | None = None


class Recognizer:
    """Speech to text with one bundle. It owns one key/value cache, so give each thread its own."""

    def __init__(self, bundle: Bundle, options: SessionOptions | None = None) -> None:
        """Load the graphs of a verified bundle; `load` also opens and verifies it."""
        self.bundle: Final = bundle
        self._manifest: Final = bundle.manifest
        limits = self._manifest.limits
        self._prompt, decoder = asr_parts(self._manifest)
        self._fbank: Final = Fbank(self._manifest.features)
        encoder = open_component(bundle, "encoder", options)
        self._encoder: Final = Encoder(encoder, self._manifest.encoder, limits.encoder_batch)
        self._decoder: Final = Decoder(open_component(bundle, "decoder", options), decoder, limits)
        self._tokenizer: Final = Tokenizer(bundle.path("tokenizer.json"), self._prompt.special_ids)

    @classmethod
    def load(
        cls,
        directory: str | Path,
        *,
        device: str = "auto",
        threads: int = 0,
        progress: Progress | None = None,
    ) -> Recognizer:
        """Verify a bundle and load it.

        Args:
            directory: the bundle.
            device: "auto", "cpu" or "cuda"; a device that is named is used or refused, never replaced.
            threads: CPU threads; 0 lets the back end choose.
            progress: called with (bytes verified, bytes in all).

        Raises:
            BundleError: the bundle is missing or not as it was built.
            BackendUnavailableError: its back end is not installed, or it is not for that device; its engines
                were built for another one.
            EngineMismatchError: its engines do not compute what their graphs do.
        """
        bundle = open_bundle(Path(directory), progress)
        require_device(device, bundle.manifest.target)
        options = SessionOptions(threads=threads)
        require_engines(bundle, options)
        return cls(bundle, options)

    def transcribe(
        self,
        audio: str | Path | Array | Audio,
        *,
        sample_rate: int | None = None,
        options: TranscribeOptions | None = None,
    ) -> Transcript:
        """Turn a recording into text.

        Args:
            audio: a file, samples of shape (num_samples,) or (num_samples, channels), or loaded `Audio`.
            sample_rate: rate of the samples in Hz, needed with an array.
            options: language, context and token budget.

        Raises:
            AudioError: the audio cannot be used, or is longer than the bundle takes.
            UsageError: an unknown language, or an array without its rate.
        """
        asked = options or TranscribeOptions()
        forced = find_language(asked.language, self._manifest.languages)
        stopwatch = Stopwatch()
        with stopwatch.stage("decode"):
            loaded = take_audio(audio, sample_rate, self._manifest)
        return self._decode(loaded, forced, asked, stopwatch)

    def _decode(
        self, audio: Audio, forced: Language | None, asked: TranscribeOptions, stopwatch: Stopwatch
    ) -> Transcript:
        with stopwatch.stage("frontend"):
            log_mel = self._fbank(audio.waveform)
        with stopwatch.stage("encoder"):
            audio_embeds = self._encoder.encode(log_mel)
        spec = self._prompt
        context_ids = self._tokenizer.encode(asked.context)
        force_ids = forced.force_ids if forced else ()
        prompt = build_prompt(spec, len(audio_embeds), context_ids=context_ids, force_ids=force_ids)
        budget = token_budget(self._manifest, len(prompt), audio.duration_s, asked.max_new_tokens)
        decoder = TimedDecoder(self._decoder, stopwatch)
        generation = generate(decoder, prompt, audio_embeds, eos_ids=spec.eos_ids, max_new_tokens=budget)
        raw = self._tokenizer.decode(generation.token_ids)
        return Transcribed(self.bundle, audio, forced, generation, raw).transcript(decoder, stopwatch)
