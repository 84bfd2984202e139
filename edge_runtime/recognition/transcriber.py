"""The loaded graphs of a recognizer and what they do with loaded recordings; one call at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from edge_runtime.backends.registry import open_component
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.decoding.batch_decoder import BatchDecoder, max_slots
from edge_runtime.decoding.drafts import Draft, NGramDraft
from edge_runtime.decoding.generate import generate
from edge_runtime.decoding.timing import TimedDecoder
from edge_runtime.errors import AudioError
from edge_runtime.model.decoder import Decoder
from edge_runtime.recognition.batching import decode_batch, num_slots
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.recognition.preparer import Preparer
from edge_runtime.recognition.recording import DecodedRecording, LoadedRecording
from edge_runtime.recognition.transcript_builder import build_transcript
from edge_runtime.results.transcript import Transcript
from edge_runtime.text.detokenizer import Detokenizer


class Transcriber:
    """Encoder and decoder of one bundle with their caches. Callers see to it that calls do not overlap."""

    def __init__(self, bundle: Bundle, options: SessionOptions | None) -> None:
        """Load the graphs of a verified bundle."""
        self._bundle: Final = bundle
        self._limits: Final = bundle.manifest.limits
        self._prompt, self._spec = bundle.manifest.require_asr()
        self._preparer: Final = Preparer(bundle.manifest, open_component(bundle, "encoder", options))
        self._decoder_session: Final = open_component(bundle, "decoder", options)
        self._decoder: Final = Decoder(self._decoder_session, self._spec, self._limits)
        self._kept_slots: BatchDecoder | None = None
        self._detokenizer: Final = Detokenizer(bundle.file("tokenizer.json"), self._prompt.special_ids)

    def transcribe(self, recording: LoadedRecording, options: DecodingOptions, draft: Draft) -> Transcript:
        """Decode one recording.

        Args:
            recording: loaded.
            options: of the request.
            draft: tokens to verify several at a time.
        """
        prepared = self._preparer.prepare(recording.audio, options, recording.stopwatch)
        decoder = TimedDecoder(self._decoder, recording.stopwatch)
        generation = generate(decoder, prepared.decoder_input, eos_ids=self._prompt.eos_ids, draft=draft)
        # Free the cache now: encoding the next recording needs about as much memory.
        self._decoder.release()
        return self._to_transcript(DecodedRecording(prepared, generation, decoder))

    def transcribe_pool(
        self, pool: Sequence[LoadedRecording | AudioError], options: DecodingOptions, batch_size: int
    ) -> Iterator[tuple[int, Transcript | AudioError]]:
        """Decode the usable recordings of a pool; yield index and result of each, in the order they end."""
        yield from ((index, one) for index, one in enumerate(pool) if isinstance(one, AudioError))
        recordings = {index: one for index, one in enumerate(pool) if isinstance(one, LoadedRecording)}
        limit = max_slots(self._decoder_session.component, batch_size)
        slots = num_slots(recordings.values(), limit)
        if slots == 1:
            for index, one in recordings.items():
                yield index, self.transcribe(one, options, NGramDraft(options.opening_ids))
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
            self._decoder_session, self._spec, self._limits, num_slots=count, capacity=capacity
        )

    def _to_transcript(self, decoded: DecodedRecording) -> Transcript:
        raw = self._detokenizer.decode(decoded.generation.token_ids)
        return build_transcript(decoded, raw, self._bundle)
