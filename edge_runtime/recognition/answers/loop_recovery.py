"""What becomes of a text that the loop guard stopped.

The halves of the recording, cut at its best pause, are decoded apart. If both together still repeat what was
repeated, somebody says it: the whole is decoded to its end. If not, the decoder repeats itself: the halves'
texts stand for the whole, and a half that was stopped as well is halved again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from edge_runtime.arrays import Seconds
from edge_runtime.audio.load import Audio
from edge_runtime.decoding.drafts import Draft, HypothesisDraft
from edge_runtime.decoding.loop_guard import repeating_tail
from edge_runtime.recognition.answers.answer import Answer, AnswerReader, join_answers
from edge_runtime.recognition.recording import DecodedRecording
from edge_runtime.vad.pauses import quietest_sample

_MIN_HALF_S: Final[Seconds] = 0.5
_MAX_HALVINGS: Final = 4
"""Of 30 s, pieces of about 2 s: half a sentence."""
_EDGE: Final = 3
"""A third of the recording at either end is not searched for the pause, so that both halves are shorter."""
_TOLERANCE: Final = 1
"""Repeats by which halves and whole may differ: one may be cut in two."""


class Decode(Protocol):
    """Decodes a part of the recording, with the options of its request."""

    def __call__(self, audio: Audio, draft: Draft | None = None) -> DecodedRecording:
        """Decode sound up to the ceiling of its text; cycles do not stop it."""
        ...


class LoopRecovery:
    """Verifies a stopped text, and replaces it if it is a loop."""

    def __init__(self, decode: Decode, reader: AnswerReader) -> None:
        """Take what decodes stretches of the recording, and reads their tokens."""
        self._decode: Final = decode
        self._reader: Final = reader

    def resolve(self, stopped: DecodedRecording, num_halvings: int = _MAX_HALVINGS) -> Answer:
        """Return the answer for a recording whose text the guard stopped.

        Args:
            stopped: as it was decoded.
            num_halvings: how often it may be halved.

        Returns:
            The whole text with its own status where somebody repeats himself; else the status is
            "loop_recovered", or "loop_unresolved" where a shortest piece was stopped too.
        """
        audios = halves(stopped.prepared.audio) if num_halvings else ()
        if not audios:
            return self._cut(stopped)
        parts = [self._decode(audio) for audio in audios]
        honest = self._honest(stopped, parts)
        if honest is not None:
            return self._reader.read(honest).after("halves")
        answers = [
            self.resolve(part, num_halvings - 1) if part.generation.stopped else self._reader.read(part)
            for part in parts
        ]
        joined = join_answers(answers, "loop_recovered")
        if all(answer.status == "loop_unresolved" for answer in answers):
            # The pieces tell no more than the whole.
            joined = replace(self._cut(stopped), rungs=joined.rungs)
        return joined.after("halves")

    def _honest(
        self, stopped: DecodedRecording, parts: Sequence[DecodedRecording]
    ) -> DecodedRecording | None:
        """Return the recording decoded to its end if its halves repeat what it repeats, else None."""
        generation = stopped.generation
        if generation.cycle is None or any(part.generation.stopped for part in parts):
            return None
        start, period = generation.cycle.start, generation.cycle.period
        cycle = self._reader.text_of(generation.token_ids[start : start + period])
        num_spoken = sum(self._num_repeats(part, cycle) for part in parts)
        if num_spoken < self._num_repeats(stopped, cycle) - _TOLERANCE:
            return None
        whole = self._decode(stopped.prepared.audio, HypothesisDraft(generation.token_ids))
        if whole.generation.stopped or self._num_repeats(whole, cycle) > num_spoken + _TOLERANCE:
            return None
        return whole

    def _num_repeats(self, decoded: DecodedRecording, cycle: str) -> int:
        return num_repeats(self._reader.text_of(decoded.generation.token_ids), cycle)

    def _cut(self, stopped: DecodedRecording) -> Answer:
        """Return the text up to the end of the first of its repeats, or all of it where none are found."""
        generation = stopped.generation
        cycle = generation.cycle or repeating_tail(generation.token_ids)
        kept = len(generation.token_ids) if cycle is None else cycle.start + cycle.period
        return self._reader.read_head(stopped, kept)


def halves(audio: Audio) -> tuple[Audio, ...]:
    """Cut a recording in two at the best pause of its middle third; none of less than a second."""
    size = len(audio.waveform)
    if audio.duration_s < 2 * _MIN_HALF_S:
        return ()
    first, last = size // _EDGE, size - size // _EDGE
    cut = first + quietest_sample(audio.waveform[first:last], audio.sample_rate)
    return tuple(_part(audio, start, end) for start, end in ((0, cut), (cut, size)))


def _part(audio: Audio, start: int, end: int) -> Audio:
    waveform = audio.waveform[start:end]
    # All speech may be in one half.
    speech_s = None if audio.speech_s is None else min(audio.speech_s, len(waveform) / audio.sample_rate)
    return replace(audio, waveform=waveform, speech_s=speech_s)


def num_repeats(text: str, cycle: str) -> int:
    """Count how often a text holds a cycle, wherever the cycle is taken to begin.

    Letters and digits alone count, in one case: a repeat that begins a sentence is spelt in another way.
    """
    bare_text, bare = _bare(text), _bare(cycle)
    return max((bare_text.count(bare[at:] + bare[:at]) for at in range(len(bare))), default=0)


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()
