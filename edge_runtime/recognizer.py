"""The composition root: a bundle in, a recogniser out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_runtime.arrays import Array, AudioEmbeds
from edge_runtime.audio import Audio
from edge_runtime.batch_decoder import BatchDecoder
from edge_runtime.budget import token_budget
from edge_runtime.bundle import Bundle, Progress, open_bundle
from edge_runtime.component import open_component
from edge_runtime.decoder import Decoder
from edge_runtime.device import require_device
from edge_runtime.draft import NGramDraft
from edge_runtime.encoder import Encoder, num_audio_tokens
from edge_runtime.engine_check import require_engines
from edge_runtime.errors import UsageError
from edge_runtime.fbank import Fbank
from edge_runtime.generate import Generation, generate
from edge_runtime.generate_batch import Request, generate_batch
from edge_runtime.kind import asr_parts
from edge_runtime.languages import find_language
from edge_runtime.manifest import Language
from edge_runtime.prompt import Prompt, build_prompt
from edge_runtime.request import take_audio
from edge_runtime.results import Transcript
from edge_runtime.session import SessionOptions
from edge_runtime.timing import BatchTimes, Stopwatch, TimedDecoder, TokenTimes
from edge_runtime.tokenizer import Tokenizer
from edge_runtime.transcribed import Transcribed

_MOST_ROWS: Final = 8192
"""Cache rows of all recordings that are decoded together: of the 0.6B shapes 1.9 GB, if all are used."""


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


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording that is ready to be decoded.

    Attributes:
        audio: the recording.
        forced: the language that the caller chose, if any.
        audio_embeds: encoder output, shape (A, H).
        prompt: ids and audio positions.
        max_new_tokens: token budget.
        stopwatch: runs since it was loaded.
    """

    audio: Audio
    forced: Language | None
    audio_embeds: AudioEmbeds
    prompt: Prompt
    max_new_tokens: int
    stopwatch: Stopwatch


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
        self._decoder_session: Final = open_component(bundle, "decoder", options)
        self._decoder: Final = Decoder(self._decoder_session, decoder, limits)
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

    def transcribe_batch(
        self,
        audios: Sequence[str | Path | Array | Audio],
        *,
        sample_rate: int | None = None,
        options: TranscribeOptions | None = None,
        batch_size: int = 8,
    ) -> list[Transcript]:
        """Turn recordings into text, several at a time: their steps share every read of the weights.

        Args:
            audios: as for `transcribe`.
            sample_rate: rate of samples in Hz, needed with arrays.
            options: language, context and token budget, for all.
            batch_size: most recordings at a time; fewer where their caches would fill the memory.

        Returns:
            The transcripts in the order of the recordings, as if they had been transcribed one by one.

        Raises:
            AudioError: a recording cannot be used; none is transcribed then.
            UsageError: as for `transcribe`, or batch_size is below 1.
            GraphError: the back end cannot share its memory out, and batch_size is above 1.
        """
        asked = options or TranscribeOptions()
        forced = find_language(asked.language, self._manifest.languages)
        if batch_size < 1:
            raise UsageError(f"batch_size is {batch_size}; it is at least 1.")
        loaded = [take_audio(audio, sample_rate, self._manifest) for audio in audios]
        if batch_size == 1 or len(loaded) <= 1:
            return [self._decode(audio, forced, asked, Stopwatch()) for audio in loaded]
        return self._decode_batch(loaded, forced, asked, batch_size)

    def _decode(
        self, audio: Audio, forced: Language | None, asked: TranscribeOptions, stopwatch: Stopwatch
    ) -> Transcript:
        heard = self._hear(audio, forced, asked, stopwatch)
        decoder = TimedDecoder(self._decoder, stopwatch)
        generation = generate(
            decoder,
            heard.prompt,
            heard.audio_embeds,
            eos_ids=self._prompt.eos_ids,
            max_new_tokens=heard.max_new_tokens,
            draft=NGramDraft(self._tokenizer.encode(asked.context)),
        )
        return self._written(heard, generation, decoder)

    def _decode_batch(
        self, audios: Sequence[Audio], forced: Language | None, asked: TranscribeOptions, batch_size: int
    ) -> list[Transcript]:
        context_ids = self._tokenizer.encode(asked.context)
        rows = max(self._rows(audio, forced, context_ids, asked) for audio in audios)
        slots = max(1, min(batch_size, len(audios), _MOST_ROWS // rows))
        _, spec = asr_parts(self._manifest)
        decoder = BatchDecoder(
            self._decoder_session, spec, self._manifest.limits, num_slots=slots, capacity=rows
        )
        heard: dict[int, Heard] = {}
        times: dict[int, BatchTimes] = {}

        def requests() -> Iterator[Request[int]]:
            for index, audio in enumerate(audios):
                one = heard[index] = self._hear(audio, forced, asked, Stopwatch())
                times[index] = BatchTimes(one.stopwatch)
                yield Request(index, one.prompt, one.audio_embeds, one.max_new_tokens)

        ended = generate_batch(decoder, requests(), self._prompt.eos_ids, lambda index: times[index].note())
        found = {index: self._written(heard.pop(index), text, times[index]) for index, text in ended}
        return [found[index] for index in range(len(audios))]

    def _hear(
        self, audio: Audio, forced: Language | None, asked: TranscribeOptions, stopwatch: Stopwatch
    ) -> Heard:
        """Encode a recording and put its prompt together."""
        with stopwatch.stage("frontend"):
            log_mel = self._fbank(audio.waveform)
        with stopwatch.stage("encoder"):
            audio_embeds = self._encoder.encode(log_mel)
        context_ids = self._tokenizer.encode(asked.context)
        force_ids = forced.force_ids if forced else ()
        prompt = build_prompt(self._prompt, len(audio_embeds), context_ids=context_ids, force_ids=force_ids)
        budget = token_budget(self._manifest, len(prompt), audio.duration_s, asked.max_new_tokens)
        return Heard(audio, forced, audio_embeds, prompt, budget, stopwatch)

    def _rows(
        self, audio: Audio, forced: Language | None, context_ids: Sequence[int], asked: TranscribeOptions
    ) -> int:
        """Return the cache rows that a recording needs, before it is encoded."""
        features = self._manifest.features
        # A short recording is padded before it is encoded.
        num_frames = max(len(audio.waveform), features.min_samples) // features.hop_length
        num_tokens = num_audio_tokens(num_frames, self._manifest.encoder)
        force_ids = forced.force_ids if forced else ()
        prompt = build_prompt(self._prompt, num_tokens, context_ids=context_ids, force_ids=force_ids)
        budget = token_budget(self._manifest, len(prompt), audio.duration_s, asked.max_new_tokens)
        return len(prompt) + budget

    def _written(self, heard: Heard, generation: Generation, times: TokenTimes) -> Transcript:
        raw = self._tokenizer.decode(generation.token_ids)
        transcribed = Transcribed(self.bundle, heard.audio, heard.forced, generation, raw)
        return transcribed.transcript(times, heard.stopwatch)
