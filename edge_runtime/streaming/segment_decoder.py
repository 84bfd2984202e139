"""The decoding of one segment of speech while it grows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.decoding.generate import Generation
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.output import parse_output
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.recognition.segment_graphs import SegmentWork
from edge_runtime.results.transcript import Transcript
from edge_runtime.streaming.hypothesis import Hypothesis


class SegmentDecoder:
    """Decodes a segment step by step on the graphs of a recognizer; see `SegmentDecoding`.

    A step encodes the open window of 8 s, and verifies the hypothesis before it in the call that runs the new
    part of the prompt. Its tokens are those that `Recognizer.transcribe` gives of the same samples. Segments
    of several streams may be decoded on one recognizer; a closed one leaves its cache to the next.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        options: TranscribeOptions | None = None,
        *,
        longest_s: Seconds = 24.0,
    ) -> None:
        """Begin a segment; raises as `Recognizer.open_segment`.

        Args:
            recognizer: has the graphs.
            options: of the segment.
            longest_s: longest segment that is expected; longer ones are decoded too, the first time anew.
        """
        self._prompt: Final = recognizer.bundle.manifest.require_asr().prompt
        self._recording: Final = recognizer.open_segment(options, longest_s=longest_s)
        forced = self._recording.options.forced_language
        self._forced: Final = forced.language.name if forced else None
        self.longest_s: Final = self._recording.longest_s
        """Longest segment that there is room for, at most as asked for."""

    @property
    def work(self) -> SegmentWork:
        """Work done for this segment so far."""
        return self._recording.work

    def text_of(self, token_ids: Sequence[int]) -> str:
        """Return the text of tokens; what is no UTF-8 becomes replacement characters."""
        return self._recording.text_of(token_ids)

    def step(self, samples: Waveform) -> Hypothesis | None:
        """Take samples and decode all so far; see `SegmentDecoding.step` and `GrowingRecording.extend`."""
        generation = self._recording.extend(samples)
        return None if generation is None else self._hypothesis(generation)

    def finish(self) -> Transcript:
        """Return the transcript of all samples; see `GrowingRecording.finish`."""
        return self._recording.finish()

    def close(self) -> None:
        """Leave the cache to the next segment."""
        self._recording.close()

    def _hypothesis(self, generation: Generation) -> Hypothesis:
        """Separate the text from the head `language NAME<asr_text>`; without a tag all of it is head."""
        ids, start, language = generation.token_ids, 0, self._forced
        if language is None:
            tag_id = self._prompt.text_tag_id
            start = ids.index(tag_id) + 1 if tag_id in ids else len(ids)
            language = parse_output(self.text_of(ids[:start]), self._prompt.text_tag).language or None
        return Hypothesis(
            ids[start:],
            generation.logprobs[start:],
            self.text_of(ids[start:]).strip(),
            language,
            generation.finish_reason == "eos",
        )
