"""The loaded graphs of a recognizer and what they do with loaded recordings; one call at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final
from weakref import WeakSet

from edge_runtime.arrays import Seconds
from edge_runtime.audio.load import Audio
from edge_runtime.backends.registry import open_component
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.decoding.batch_decoder import BatchDecoder, max_slots
from edge_runtime.decoding.drafts import Draft
from edge_runtime.decoding.generate import Generation, generate
from edge_runtime.decoding.loop_guard import LoopGuard, TokenSyllables
from edge_runtime.decoding.timing import TimedDecoder
from edge_runtime.errors import AudioError
from edge_runtime.model.decoder import Decoder
from edge_runtime.recognition.answers.answer import NOTHING, AnswerReader
from edge_runtime.recognition.answers.confidence import confidence_of
from edge_runtime.recognition.answers.loop_recovery import LoopRecovery
from edge_runtime.recognition.answers.silence import is_silent
from edge_runtime.recognition.answers.tokens import with_tokens
from edge_runtime.recognition.batching import decode_batch, max_cache_rows, num_slots
from edge_runtime.recognition.drafter import Drafter
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.recognition.preparer import Preparer
from edge_runtime.recognition.prompter import Prompter
from edge_runtime.recognition.recording import DecodedRecording, LoadedRecording
from edge_runtime.recognition.segment_graphs import SegmentGraphs
from edge_runtime.recognition.stage_times import timing_of, timing_of_silence
from edge_runtime.recognition.transcript_builder import build_transcript
from edge_runtime.results.transcript import Transcript
from edge_runtime.stopwatch import Stopwatch
from edge_runtime.text.detokenizer import Detokenizer

_NUM_HEAD_TOKENS: Final = 16
"""Enough for the language, the tag and the first token of a text."""


class Transcriber:
    """Encoder and decoder of one bundle with their caches. Callers see to it that calls do not overlap.

    Attributes:
        confidence: what the bundle says of its texts.
    """

    def __init__(
        self, bundle: Bundle, options: SessionOptions | None, new_decoder: Callable[..., Decoder] = Decoder
    ) -> None:
        """Load the graphs of a verified bundle.

        Args:
            bundle: verified.
            options: threads and device.
            new_decoder: makes the decoders of single recordings, as the class does.
        """
        self._bundle: Final = bundle
        self._limits: Final = bundle.manifest.limits
        self.confidence: Final = confidence_of(bundle.manifest)
        self._prompt, self._spec = bundle.manifest.require_asr()
        self._preparer: Final = Preparer(bundle.manifest, open_component(bundle, "encoder", options))
        self._decoder_session: Final = open_component(bundle, "decoder", options)
        self._new_decoder: Final = new_decoder
        self._decoder: Final = new_decoder(self._decoder_session, self._spec, self._limits)
        self._kept_slots: BatchDecoder | None = None
        self._open_segments: Final[WeakSet[SegmentGraphs]] = WeakSet()
        self._idle_decoders: list[Decoder] = []
        self._drafter: Final = Drafter(bundle.manifest)
        detokenizer = Detokenizer(bundle.file("tokenizer.json"), self._prompt.special_ids)
        self._reader: Final = AnswerReader(detokenizer, self._prompt, self.confidence)
        self._syllables: Final = TokenSyllables(lambda token_id: detokenizer.decode((token_id,)))

    @property
    def reader(self) -> AnswerReader:
        """Spells the bundle's tokens."""
        return self._reader

    def transcribe(
        self,
        recording: LoadedRecording,
        options: DecodingOptions,
        hypothesis_ids: Sequence[int] = (),
        segment: SegmentGraphs | None = None,
    ) -> Transcript:
        """Decode one recording.

        Args:
            recording: loaded.
            options: of the request.
            hypothesis_ids: tokens of an earlier transcript of it, to verify several at a time.
            segment: the recording as it grew, if it did. What was decoded then is not decoded again, unless
                the detector hears nobody: the options are others then.
        """
        if is_silent(recording.audio, options):
            return self._silence(recording, options)
        audio, stopwatch, guard = recording.audio, recording.stopwatch, self._guard(recording.audio)
        if segment is not None and audio.speech_s != 0:
            self.decode_segment(segment, stopwatch)
            return self._to_transcript(segment.decoded(audio, guard), options)
        draft = self._drafter.draft(options, hypothesis_ids)
        return self._to_transcript(self._decode(audio, options, stopwatch, draft, guard), options)

    def open_segment(self, options: DecodingOptions, longest_s: Seconds) -> SegmentGraphs:
        """Begin a recording that is decoded while it grows.

        Args:
            options: of the request.
            longest_s: length to make room for; less where bundle or context leave less.

        Raises:
            AudioTooLongError: the context leaves no room.
            ResourceError: the cache does not fit the memory.
        """
        manifest, prompter = self._bundle.manifest, Prompter(self._bundle.manifest)
        longest_s = min(longest_s, prompter.longest_s(options))
        min_rows = prompter.num_cache_rows(round(longest_s * manifest.features.sample_rate), options)
        decoder = self._idle_decoders.pop() if self._idle_decoders else None
        if decoder is None or decoder.min_rows < min_rows:
            decoder = None  # free its rows before allocating new ones
            decoder = self._new_decoder(self._decoder_session, self._spec, self._limits, min_rows=min_rows)
        segment = SegmentGraphs(manifest, options, self._preparer.stream(), decoder, longest_s)
        self._open_segments.add(segment)
        return segment

    def decode_segment(self, segment: SegmentGraphs, stopwatch: Stopwatch) -> Generation:
        """Decode all samples of a growing recording, half a second at least; raises as `transcribe` does."""
        if segment.generation is not None and segment.is_decoded:
            return segment.generation
        known = segment.generation.token_ids if segment.generation else ()
        guard = LoopGuard(self._syllables, segment.duration_s)
        return segment.decode(self._drafter.draft(segment.options, known), guard, stopwatch)

    def close_segment(self, segment: SegmentGraphs) -> None:
        """End a growing recording and keep its cache for another; where none is open, the largest one."""
        self._open_segments.discard(segment)
        idle = sorted([*self._idle_decoders, segment.decoder], key=lambda decoder: decoder.min_rows)
        self._idle_decoders = idle if self._open_segments else idle[-1:]

    def transcribe_pool(
        self, pool: Sequence[LoadedRecording | AudioError], options: DecodingOptions, batch_size: int
    ) -> Iterator[tuple[int, Transcript | AudioError]]:
        """Decode the usable recordings of a pool; yield index and result of each, in the order they end."""
        yield from ((index, one) for index, one in enumerate(pool) if isinstance(one, AudioError))
        recordings = {index: one for index, one in enumerate(pool) if isinstance(one, LoadedRecording)}
        silent = [index for index, one in recordings.items() if is_silent(one.audio, options)]
        yield from ((index, self._silence(recordings.pop(index), options)) for index in silent)
        limit = max_slots(self._decoder_session.component, batch_size)
        max_rows = max_cache_rows(self._spec, options.long.memory_budget_mb)
        slots = num_slots(recordings.values(), limit, max_rows)
        if slots == 1:
            for index, one in recordings.items():
                yield index, self.transcribe(one, options)
            return
        capacity = max(one.num_cache_rows for one in recordings.values())
        decoder = self._take_slots(slots, limit, capacity)
        stopped = []
        for index, decoded in decode_batch(
            decoder, self._preparer, options, recordings, self._prompt.eos_ids, self._guard
        ):
            # A stopped text is decoded anew, alone: the slots are in use until the others have ended.
            if decoded.generation.stopped:
                stopped.append((index, decoded))
            else:
                yield index, self._to_transcript(decoded, options)
        if self._spec.kv_capacity:
            self._kept_slots = decoder
        yield from ((index, self._to_transcript(decoded, options)) for index, decoded in stopped)

    def _decode(
        self, audio: Audio, options: DecodingOptions, stopwatch: Stopwatch, draft: Draft, guard: LoopGuard
    ) -> DecodedRecording:
        prepared = self._preparer.prepare(audio, options, stopwatch)
        decoder = TimedDecoder(self._decoder, stopwatch)
        generation = generate(
            decoder, prepared.decoder_input, eos_ids=self._prompt.eos_ids, draft=draft, guard=guard
        )
        # Free the cache now: encoding the next recording needs about as much memory.
        self._decoder.release()
        return DecodedRecording(prepared, generation, decoder)

    def _guard(self, audio: Audio, *, suspects: bool = True) -> LoopGuard:
        return LoopGuard(self._syllables, audio.speech_s or audio.duration_s, suspects=suspects)

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

    def _to_transcript(self, decoded: DecodedRecording, options: DecodingOptions) -> Transcript:
        stopwatch = decoded.prepared.stopwatch
        self._drafter.learn(decoded.generation.token_ids)

        def decode_again(audio: Audio, draft: Draft | None = None) -> DecodedRecording:
            draft = draft or self._drafter.draft(options)
            return self._decode(audio, options, stopwatch, draft, self._guard(audio, suspects=False))

        if decoded.generation.stopped:
            answer = LoopRecovery(decode_again, self._reader).resolve(decoded)
        else:
            answer = self._reader.read(decoded)
        if self._reader.is_low(answer) and not self._hears_speech(decoded, options):
            answer = answer.without_text()
        timing, prepared = timing_of(decoded, self._prompt.text_tag_id), decoded.prepared
        built = build_transcript(prepared.audio, prepared.forced_language, answer, timing, self._bundle)
        if not options.keep_tokens:
            return built
        tokens = self._reader.tokens(answer)
        return replace(built, segments=tuple(with_tokens(one, tokens) for one in built.segments))

    def _silence(self, recording: LoadedRecording, options: DecodingOptions) -> Transcript:
        timing = timing_of_silence(recording)
        audio, forced = recording.audio, options.suited_to(recording.audio).forced_language
        return replace(build_transcript(audio, forced, NOTHING, timing, self._bundle), covered_s=0.0)

    def _hears_speech(self, decoded: DecodedRecording, options: DecodingOptions) -> bool:
        """Tell whether somebody is heard to speak: by a VAD; where none was asked, by the model itself.

        A model whose language is forced has no word for silence: it is asked again without.
        """
        audio, budget = decoded.prepared.audio, decoded.prepared.decoder_input.max_new_tokens
        if audio.speech_s is not None:
            return audio.speech_s > 0
        if decoded.prepared.forced_language is None:
            return True
        unforced = replace(options, forced_language=None, max_new_tokens=min(_NUM_HEAD_TOKENS, budget))
        draft, guard = self._drafter.draft(unforced), self._guard(audio)
        answered = self._decode(audio, unforced, decoded.prepared.stopwatch, draft, guard)
        return bool(self._reader.read(answered).text)
