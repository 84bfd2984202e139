"""Transcribes recordings with every draft and step by step, and compares tokens and calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from edge_bench.corpus import Clip, read_list
from edge_bench.drafts.counting import Calls, CountingDecoder
from edge_bench.drafts.text_decoder import TextDecoder
from edge_runtime.audio.load import Audio, load_audio
from edge_runtime.backends.registry import open_component
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.decoding.drafts import Draft
from edge_runtime.decoding.generate import VerifyingDecoder, generate
from edge_runtime.model.decoder import Decoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from edge_runtime.recognition.drafter import Drafter
from edge_runtime.recognition.options import RequestEncoder, TranscribeOptions
from edge_runtime.recognition.preparer import Preparer
from edge_runtime.stopwatch import Stopwatch

PLAIN: Final = "plain"
_EARLIER_SHARE: Final = 2 / 3
"""Of a recording, heard by the earlier transcript."""


@dataclass(slots=True)
class Measured:
    """Calls by draft, and what came out otherwise than step by step.

    Attributes:
        calls: name of the draft → calls over all texts.
        num_texts: how many were decoded.
        different: names of texts and drafts whose tokens differ.
    """

    calls: dict[str, Calls] = field(default_factory=dict)
    num_texts: int = 0
    different: list[str] = field(default_factory=list)

    def share(self, draft: str) -> float:
        """Return the calls of a draft, as a share of plain ones."""
        return self.calls[draft].num_calls / self.calls[PLAIN].num_calls

    def cost(self, draft: str, precision: str) -> float:
        """Return the time of a draft's calls, as a share of that of plain ones."""
        return self.calls[draft].steps(precision) / self.calls[PLAIN].steps(precision)

    def add(
        self,
        name: str,
        decoder: VerifyingDecoder,
        decoder_input: DecoderInput,
        eos_ids: Sequence[int],
        drafts: Mapping[str, Draft],
    ) -> tuple[int, ...]:
        """Decode a text step by step and with each draft; return its tokens."""
        tokens: dict[str, tuple[int, ...]] = {}
        for draft_name, draft in {PLAIN: None, **drafts}.items():
            counting = CountingDecoder(decoder, self.calls.setdefault(draft_name, Calls()))
            tokens[draft_name] = generate(counting, decoder_input, eos_ids=eos_ids, draft=draft).token_ids
        self.num_texts += 1
        self.different += [f"{name} ({draft})" for draft, ids in tokens.items() if ids != tokens[PLAIN]]
        return tokens[PLAIN]


class DraftBench:
    """The graphs of a bundle, and the draft text in its tokens."""

    def __init__(self, bundle: Bundle, draft_text: str, threads: int) -> None:
        """Load a verified bundle."""
        manifest = bundle.manifest
        options = SessionOptions(threads)
        self._manifest: Final = manifest
        self._prompt, spec = manifest.require_asr()
        self._preparer: Final = Preparer(manifest, open_component(bundle, "encoder", options))
        self._decoder: Final = Decoder(open_component(bundle, "decoder", options), spec, manifest.limits)
        encoder = RequestEncoder(bundle)
        self._with_text: Final = encoder.resolve(TranscribeOptions(draft_text=draft_text))
        self._without: Final = replace(self._with_text, draft_table=None)
        self._encode: Final = encoder.encode

    def on_recordings(self, corpus: Path) -> Measured:
        """Transcribe recordings step by step, with the usual drafts, with the text, and as they grow."""
        measured, drafter = Measured(), Drafter(self._manifest)
        for clip, audio in self._recordings(corpus):
            shorter = self._input(_shortened(audio))
            earlier = generate(self._decoder, shorter, eos_ids=self._prompt.eos_ids).token_ids
            drafts = {
                "default": drafter.draft(self._without),
                "text": drafter.draft(self._with_text),
                "growing": drafter.draft(self._without, earlier),
            }
            token_ids = measured.add(clip.id, self._decoder, self._input(audio), self._prompt.eos_ids, drafts)
            drafter.learn(token_ids)
        return measured

    def on_texts(self, texts: Mapping[str, str]) -> Measured:
        """Write texts of no domain with the usual drafts, and with the draft text of another domain."""
        measured, drafter = Measured(), Drafter(self._manifest)
        prompt = build_prompt(self._prompt, 1)
        for name, text in texts.items():
            token_ids = self._encode(text)
            decoder_input = DecoderInput(prompt, np.zeros((1, 1), np.float32), len(token_ids) + 1)
            drafts = {"default": drafter.draft(self._without), "text": drafter.draft(self._with_text)}
            decoder = TextDecoder(token_ids, self._prompt.eos_ids[0])
            measured.add(name, decoder, decoder_input, self._prompt.eos_ids, drafts)
        return measured

    def _recordings(self, corpus: Path) -> Iterator[tuple[Clip, Audio]]:
        rate, max_audio_s = self._manifest.features.sample_rate, self._manifest.limits.max_audio_s
        for clip in read_list(corpus, Clip):
            yield clip, load_audio(corpus.parent / clip.audio, rate, max_audio_s)

    def _input(self, audio: Audio) -> DecoderInput:
        return self._preparer.prepare(audio, self._without, Stopwatch()).decoder_input


def _shortened(audio: Audio) -> Audio:
    return replace(audio, waveform=audio.waveform[: int(_EARLIER_SHARE * len(audio.waveform))])
