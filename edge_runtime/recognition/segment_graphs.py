"""What the graphs keep of a recording that grows: embeddings, cache rows and the latest tokens."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import partial
from typing import Final

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.load import Audio
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.decoding.drafts import Draft
from edge_runtime.decoding.generate import Generation, accept_draft, collect, generate_from
from edge_runtime.decoding.loop_guard import LoopGuard
from edge_runtime.decoding.timing import TimedDecoder
from edge_runtime.model.audio_stream import AudioStream
from edge_runtime.model.decoder import Decoder, ScoredToken
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.recognition.prompter import Prompter
from edge_runtime.recognition.recording import DecodedRecording, PreparedRecording
from edge_runtime.stopwatch import Stopwatch


@dataclass(frozen=True, slots=True)
class SegmentWork:
    """Work done for a recording while it grew.

    Attributes:
        num_passes: times that it was decoded.
        encoded_frames: mel frames given to the encoder.
        prefill_tokens: of prompts, those left out that the cache had.
        draft_tokens: run behind prompts.
        accepted_tokens: draft tokens that were right.
        decoder_calls: behind the first call of each pass.
        tokens: of all hypotheses, their ends included: calls that greedy steps would take behind prefills.
    """

    num_passes: int = 0
    encoded_frames: int = 0
    prefill_tokens: int = 0
    draft_tokens: int = 0
    accepted_tokens: int = 0
    decoder_calls: int = 0
    tokens: int = 0

    def __add__(self, other: SegmentWork) -> SegmentWork:
        """Return the sum of both."""
        return SegmentWork(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class _Pass:
    """What a pass over all samples gave."""

    num_samples: int
    decoder_input: DecoderInput
    generation: Generation
    times: TimedDecoder
    stopwatch: Stopwatch


class SegmentGraphs:
    """One growing recording on the graphs of a recognizer, with a cache of its own.

    Attributes:
        options: of the request.
        longest_s: length up to which the cache has room from the beginning.
        decoder: has the cache; other recordings may take it over when this one has ended.
        work: done so far.
    """

    def __init__(
        self,
        manifest: Manifest,
        options: DecodingOptions,
        audio: AudioStream,
        decoder: Decoder,
        longest_s: Seconds,
    ) -> None:
        """Begin without samples."""
        self.options: Final = options
        self.longest_s: Final = longest_s
        self.decoder: Final = decoder
        self.work = SegmentWork()
        self._prompter: Final = Prompter(manifest)
        self._rate: Final = manifest.features.sample_rate
        self._eos_ids: Final = manifest.require_asr().prompt.eos_ids
        self._audio: Final = audio
        self._is_prefilled = False
        self._latest: _Pass | None = None

    @property
    def duration_s(self) -> Seconds:
        """Length of the recording so far."""
        return self._audio.num_samples / self._rate

    @property
    def generation(self) -> Generation | None:
        """The latest hypothesis."""
        return None if self._latest is None else self._latest.generation

    @property
    def is_decoded(self) -> bool:
        """Whether the latest hypothesis is of all samples."""
        return self._latest is not None and self._latest.num_samples == self._audio.num_samples

    def push(self, samples: Waveform) -> None:
        """Take the next samples, shape (num_samples,)."""
        self._audio.push(samples)

    def decode(self, draft: Draft, guard: LoopGuard, stopwatch: Stopwatch) -> Generation:
        """Decode all samples so far, which are `FeatureSpec.min_samples` at least.

        The latest hypothesis is verified in the call that runs the prompt. Where the graph cannot do that,
        the draft proposes it a few tokens at a time.

        Args:
            draft: proposes what is not known.
            guard: of the text.
            stopwatch: measures the stages.

        Raises:
            AudioTooLongError: prompt and output do not fit the decoder's positions.
        """
        num_frames = self._audio.num_encoded_frames
        is_prefilled, self._is_prefilled = self._is_prefilled, False
        audio_embeds, num_equal = self._audio.encode(stopwatch)
        prompt, budget = self._prompter.prompt_and_budget(self.duration_s, len(audio_embeds), self.options)
        num_kept = prompt.audio_start + num_equal if is_prefilled else self.decoder.num_kept_head(prompt)
        known = self.generation.token_ids if self.generation else ()
        draft_ids = known[: budget - 1] if self.decoder.verifies_behind_prompt else ()
        decoder_input = DecoderInput(prompt, audio_embeds, budget)
        timed = TimedDecoder(self.decoder, stopwatch)
        first = timed.time_prefill(partial(self.decoder.resume, decoder_input, num_kept, draft_ids))
        self._is_prefilled = True
        if draft_ids:
            first = accept_draft(timed, first, int(prompt.ids[-1]), draft_ids)
        generation = generate_from(timed, first, budget, eos_ids=self._eos_ids, draft=draft, guard=guard)
        self._latest = _Pass(self._audio.num_samples, decoder_input, generation, timed, stopwatch)
        self.work += SegmentWork(
            1,
            self._audio.num_encoded_frames - num_frames,
            len(prompt) - num_kept,
            len(draft_ids),
            len(first) - 1,
            timed.num_calls,
            len(generation.token_ids) + 1,
        )
        return generation

    def decoded(self, audio: Audio, guard: LoopGuard) -> DecodedRecording:
        """Return the latest hypothesis as that of a whole recording.

        Args:
            audio: the samples so far.
            guard: of the whole; it may end the text earlier than the one that did not know the speech in it.
        """
        latest = self._latest
        assert latest is not None, "decode() comes before decoded()"
        scored = map(ScoredToken, latest.generation.token_ids, latest.generation.logprobs)
        generation = collect(scored, self._eos_ids, latest.decoder_input.max_new_tokens, guard)
        forced = self.options.forced_language
        prepared = PreparedRecording(audio, forced, latest.decoder_input, latest.stopwatch)
        return DecodedRecording(prepared, generation, latest.times)
