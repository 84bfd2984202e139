"""A model that hears planted words, and repeats itself where it is told to.

Each word is a stretch of samples of one value, with silence after it. The decoder writes the words of which
it hears more than half. Guard, generation, reading and recovery are those of the product.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
import numpy as np

from edge_export.checkpoint.tokenizer import load_tokenizer
from edge_runtime.arrays import Seconds
from edge_runtime.audio.load import Audio
from edge_runtime.decoding.drafts import Draft
from edge_runtime.decoding.generate import Generation, generate
from edge_runtime.decoding.loop_guard import LoopGuard, TokenSyllables
from edge_runtime.decoding.timing import TimedDecoder
from edge_runtime.model.decoder import ScoredToken
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from edge_runtime.recognition.answers.answer import Answer, AnswerReader
from edge_runtime.recognition.answers.confidence import DEFAULT_CONFIDENCE
from edge_runtime.recognition.answers.loop_recovery import LoopRecovery
from edge_runtime.recognition.recording import DecodedRecording, PreparedRecording
from edge_runtime.stopwatch import Stopwatch
from edge_runtime.text.detokenizer import Detokenizer
from edge_runtime.text.syllables import num_syllables
from tests.support.manifests import PROMPT
from tests.support.released import unpack_released

RATE: Final = 16_000
_PAUSE_S: Final = 0.04
_STEP: Final = 1e-4
_MAX_TOKENS: Final = 4000
_LOGPROB: Final = -0.01


class Spelling:
    """The released tokenizer."""

    def __init__(self) -> None:
        with TemporaryDirectory() as folder:
            released = unpack_released(Path(folder) / "released") / "Qwen3-ASR-0.6B"
            self._tokenizer: Final = load_tokenizer(released)
            path = Path(folder) / "tokenizer.json"
            path.write_text(self._tokenizer.to_json(), "utf-8")
            detokenizer = Detokenizer(path, self._tokenizer.special_ids())
        self.eos: Final = self._tokenizer.id_of("<|im_end|>")
        prompt = msgspec.structs.replace(
            PROMPT, text_tag_id=self._tokenizer.id_of("<asr_text>"), eos_ids=(self.eos,)
        )
        self.prompt: Final = prompt
        self.reader: Final = AnswerReader(detokenizer, prompt, DEFAULT_CONFIDENCE)
        self.syllables: Final = TokenSyllables(lambda token_id: detokenizer.decode((token_id,)))

    def encode(self, text: str) -> tuple[int, ...]:
        return self._tokenizer.encode(text)


@cache
def spelling() -> Spelling:
    """Return the released tokenizer, unpacked once."""
    return Spelling()


@dataclass(frozen=True, slots=True)
class Loop:
    """Where and how the decoder repeats itself.

    Attributes:
        word: at which it begins, whenever it hears this word.
        rounds: tokens of each round, for ever.
        longest_s: audio up to which it does not.
    """

    word: int
    rounds: Iterator[tuple[int, ...]]
    longest_s: Seconds


class PlantedModel:
    """Hears the words of one recording."""

    def __init__(self, words: Sequence[str], syllables_per_s: float, loop: Loop | None = None) -> None:
        """Speak words.

        Args:
            words: with the space before them.
            syllables_per_s: how fast.
            loop: of the decoder.
        """
        self.text: Final = "".join(words)
        self._words: Final = [spelling().encode(word) for word in words]
        self._loop: Final = loop
        stretches = [
            _stretch(index, num_syllables(word) / syllables_per_s) for index, word in enumerate(words)
        ]
        self.audio: Final = Audio(np.concatenate(stretches), RATE, RATE, 1)
        self.first: DecodedRecording = self.decode(self.audio, suspects=True)

    def decode(self, audio: Audio, draft: Draft | None = None, *, suspects: bool = False) -> DecodedRecording:
        """Decode sound as the transcriber does."""
        decoder_input = DecoderInput(build_prompt(PROMPT, 1), np.zeros((1, 4), np.float32), _MAX_TOKENS)
        stopwatch = Stopwatch()
        prepared = PreparedRecording(audio, None, decoder_input, stopwatch)
        decoder = TimedDecoder(_Script(self._tokens(audio)), stopwatch)  # type: ignore[arg-type]
        guard = LoopGuard(spelling().syllables, audio.duration_s, suspects=suspects)
        generation: Generation = generate(
            decoder, decoder_input, eos_ids=(spelling().eos,), draft=draft, guard=guard
        )
        return DecodedRecording(prepared, generation, decoder)

    def answer(self) -> Answer:
        """Return what the product makes of the recording."""
        if self.first.generation.stopped:
            return LoopRecovery(self.decode, spelling().reader).resolve(self.first)
        return spelling().reader.read(self.first)

    def _tokens(self, audio: Audio) -> Iterator[int]:
        yield from spelling().encode("language English")
        yield spelling().prompt.text_tag_id
        for word in self._audible(audio):
            if self._loop and word == self._loop.word and audio.duration_s > self._loop.longest_s:
                yield from itertools.chain.from_iterable(self._loop.rounds)
            yield from self._words[word]
        yield spelling().eos

    def _audible(self, audio: Audio) -> list[int]:
        values = np.rint(audio.waveform / np.float32(_STEP)).astype(int)
        counts, whole = (
            np.bincount(each, minlength=len(self._words) + 1)
            for each in (values, np.rint(self.audio.waveform / np.float32(_STEP)).astype(int))
        )
        return [index for index in range(len(self._words)) if 2 * counts[index + 1] > whole[index + 1]]


class _Script:
    """Gives tokens one by one."""

    max_verified_tokens = 1

    def __init__(self, token_ids: Iterator[int]) -> None:
        self._token_ids = token_ids

    def prefill(self, _decoder_input: DecoderInput) -> ScoredToken:
        return self.step(0)

    def step(self, _token_id: int) -> ScoredToken:
        return ScoredToken(next(self._token_ids), _LOGPROB)

    def multi_step(self, token_id: int, _max_tokens: int) -> Sequence[ScoredToken]:
        return [self.step(token_id)]


def _stretch(index: int, spoken_s: Seconds) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Return the samples of a word and the silence after it; no word takes less than a syllable does."""
    spoken = np.full(max(1, round(max(spoken_s, 0.05) * RATE)), (index + 1) * _STEP, np.float32)
    return np.append(spoken, np.zeros(round(_PAUSE_S * RATE), np.float32))
