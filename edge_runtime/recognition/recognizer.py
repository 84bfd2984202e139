"""The composition root: it assembles a recognizer from a bundle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final, TypeVar

from edge_runtime.audio.load import AudioSource, load_source
from edge_runtime.backends.registry import open_component
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Bundle, Progress
from edge_runtime.decoding.batch_decoder import BatchDecoder, max_slots
from edge_runtime.decoding.generate import generate
from edge_runtime.decoding.timing import TimedDecoder
from edge_runtime.errors import AudioError, UsageError
from edge_runtime.loaded_model import LoadedModel
from edge_runtime.model.decoder import Decoder
from edge_runtime.recognition.batching import decode_batch, num_slots, prefetch, reorder
from edge_runtime.recognition.options import DecodingOptions, RequestEncoder, TranscribeOptions
from edge_runtime.recognition.preparer import Preparer
from edge_runtime.recognition.recording import DecodedRecording, LoadedRecording
from edge_runtime.recognition.transcript_builder import build_transcript
from edge_runtime.results.transcript import Transcript
from edge_runtime.stopwatch import Stopwatch
from edge_runtime.text.detokenizer import Detokenizer
from edge_runtime.verification.load import open_checked

Value = TypeVar("Value", LoadedRecording, Transcript)


class Recognizer(LoadedModel):
    """Speech to text with one bundle. It owns one key/value cache: calls from several threads queue."""

    def __init__(self, bundle: Bundle, options: SessionOptions | None = None) -> None:
        """Load the graphs of a verified bundle; `load` also opens and verifies it."""
        super().__init__()
        self.bundle: Final = bundle
        self._manifest: Final = bundle.manifest
        self._prompt, self._spec = self._manifest.require_asr()
        self._request_encoder: Final = RequestEncoder(bundle)
        self._preparer: Final = Preparer(self._manifest, open_component(bundle, "encoder", options))
        self._decoder_session: Final = open_component(bundle, "decoder", options)
        self._decoder: Final = Decoder(self._decoder_session, self._spec, self._manifest.limits)
        self._kept_slots: BatchDecoder | None = None
        self._detokenizer: Final = Detokenizer(bundle.path("tokenizer.json"), self._prompt.special_ids)

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
            device: "auto", "cpu", "cuda" or "cuda:1" for the second GPU; a device that is named is used or
                refused, never replaced.
            threads: CPU threads; 0 takes one for each fast core that this process may use, at most 8.
            progress: called with (bytes verified, bytes in all).

        Raises:
            BundleError: the bundle is missing or not as it was built.
            BackendUnavailableError: its back end is not installed, or it is not for that device; its engines
                were built for another one.
            EngineMismatchError: its engines do not compute what their graphs do.
            UsageError: an unknown device, or a number of threads that cannot be meant.
        """
        checked = open_checked(Path(directory), device, threads, progress)
        return cls(checked.bundle, checked.options)

    def transcribe(
        self,
        audio: AudioSource,
        *,
        sample_rate: int | None = None,
        options: TranscribeOptions | None = None,
        earlier: Transcript | None = None,
    ) -> Transcript:
        """Turn a recording into text.

        Args:
            audio: a file, samples of shape (num_samples,) or (num_samples, channels), or loaded `Audio`.
            sample_rate: rate of the samples in Hz, needed with an array.
            options: language, context and token budget.
            earlier: transcript of the same recording when it was shorter. The text is the same with and
                without it. Tokens in common with it are verified several at a time, where the bundle's graphs
                can do that.

        Raises:
            AudioError: the audio cannot be used, or is longer than the bundle takes.
            UsageError: an unknown language, or an array without its rate.
        """
        decoding_options = self._resolve(options)
        loaded = self._load(audio, sample_rate, decoding_options)
        recording = _value_or_raise(loaded)
        with self._exclusive():
            return self._transcribe_one(recording, decoding_options, earlier)

    def transcribe_each(
        self,
        audios: Iterable[AudioSource | AudioError],
        *,
        sample_rate: int | None = None,
        options: TranscribeOptions | None = None,
        batch_size: int = 8,
    ) -> Iterator[Transcript | AudioError]:
        """Turn recordings into text, several at a time: one step reads the weights once for all of them.

        Args:
            audios: as for `transcribe`, taken when they are needed; with batch_size above 1, a few ahead. An
                error may stand for a recording that could not be read, and is returned in its place.
            sample_rate: rate of samples in Hz, needed with arrays.
            options: language, context and token budget, for all.
            batch_size: most recordings at a time; fewer where their caches would fill the memory, or where
                the engine was built for fewer.

        Returns:
            In the order of the recordings, each as soon as it is known: the transcript, equal to that of the
            recording alone, or the error that says why it cannot be used. At four bits, a decision closer
            than the rounding error may differ (ADR 7). In a batch, the times of a transcript include work on
            the other recordings.

        Raises:
            UsageError: as for `transcribe`, or batch_size is below 1.
            GraphError: the bundle or its back end cannot batch, and batch_size is above 1.
        """
        if batch_size < 1:
            raise UsageError(f"batch_size is {batch_size}; it is at least 1.")
        decoding_options = self._resolve(options)
        loaded = (self._load(audio, sample_rate, decoding_options) for audio in audios)
        return chain.from_iterable(
            reorder(self._each_exclusive(self._transcribe_pool(pool, decoding_options, batch_size)))
            for pool in prefetch(loaded, batch_size)
        )

    def transcribe_batch(
        self,
        audios: Sequence[AudioSource],
        *,
        sample_rate: int | None = None,
        options: TranscribeOptions | None = None,
        batch_size: int = 8,
    ) -> list[Transcript]:
        """Turn recordings into text, all or none; see `transcribe_each`.

        Returns:
            The transcripts in the order of the recordings.

        Raises:
            AudioError: a recording cannot be used; the transcripts of those before it are lost.
        """
        results = self.transcribe_each(
            audios, sample_rate=sample_rate, options=options, batch_size=batch_size
        )
        return [_value_or_raise(result) for result in results]

    def _resolve(self, options: TranscribeOptions | None) -> DecodingOptions:
        resolved = options or TranscribeOptions()
        with self._exclusive():
            return self._request_encoder.resolve(resolved.language, resolved.context, resolved.max_new_tokens)

    def _load(
        self, audio: AudioSource | AudioError, sample_rate: int | None, options: DecodingOptions
    ) -> LoadedRecording | AudioError:
        """Load a recording, or return why it cannot be used."""
        if isinstance(audio, AudioError):
            return audio
        stopwatch = Stopwatch()
        try:
            with stopwatch.stage("decode"):
                loaded = load_source(
                    audio, sample_rate, self._manifest.features.sample_rate, self._manifest.limits.max_audio_s
                )
            return LoadedRecording(loaded, self._preparer.num_cache_rows(loaded, options), stopwatch)
        except AudioError as error:
            return error

    def _transcribe_pool(
        self, pool: Sequence[LoadedRecording | AudioError], options: DecodingOptions, batch_size: int
    ) -> Iterator[tuple[int, Transcript | AudioError]]:
        """Decode the usable recordings of a pool; yield index and result of each, in the order they end."""
        yield from ((index, one) for index, one in enumerate(pool) if isinstance(one, AudioError))
        recordings = {index: one for index, one in enumerate(pool) if isinstance(one, LoadedRecording)}
        limit = max_slots(self._decoder_session.component, batch_size)
        slots = num_slots(recordings.values(), limit)
        if slots == 1:
            yield from ((index, self._transcribe_one(one, options)) for index, one in recordings.items())
            return
        capacity = max(one.num_cache_rows for one in recordings.values())
        decoder = self._take_slots(slots, limit, capacity)
        decoded = decode_batch(decoder, self._preparer, options, recordings, self._prompt.eos_ids)
        yield from ((index, self._to_transcript(one)) for index, one in decoded)
        if self._spec.kv_capacity:
            self._kept_slots = decoder

    def _take_slots(self, count: int, limit: int, capacity: int) -> BatchDecoder:
        """Return slots that no other pool uses: those of the last pool where an engine fixes their capacity.

        Args:
            count: slots that the pool needs.
            limit: slots that the caller and the engine allow.
            capacity: rows of each slot where the graph leaves them open.
        """
        kept, self._kept_slots = self._kept_slots, None
        if kept is not None and count <= kept.num_slots <= limit:
            kept.clear()
            return kept
        del kept  # free its rows before allocating new ones
        return BatchDecoder(
            self._decoder_session, self._spec, self._manifest.limits, num_slots=count, capacity=capacity
        )

    def _transcribe_one(
        self, recording: LoadedRecording, options: DecodingOptions, earlier: Transcript | None = None
    ) -> Transcript:
        prepared = self._preparer.prepare(recording.audio, options, recording.stopwatch)
        decoder = TimedDecoder(self._decoder, recording.stopwatch)
        generation = generate(
            decoder,
            prepared.decoder_input,
            eos_ids=self._prompt.eos_ids,
            draft=self._request_encoder.draft(options, earlier),
        )
        # Free the cache now: encoding the next recording needs about as much memory.
        self._decoder.release()
        return self._to_transcript(DecodedRecording(prepared, generation, decoder))

    def _to_transcript(self, decoded: DecodedRecording) -> Transcript:
        raw = self._detokenizer.decode(decoded.generation.token_ids)
        return build_transcript(decoded, raw, self.bundle)


def _value_or_raise(value: Value | AudioError) -> Value:
    """Return the value, or raise the error that stands in its place."""
    if isinstance(value, AudioError):
        raise value
    return value
