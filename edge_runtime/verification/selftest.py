"""Run a bundle on stored recordings and compare with the reference's stored outputs.

Transformers computed them when the bundle was built. The self-test itself does not need transformers, so it
runs on the device and shows kernels that are wrong there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.registry import open_component
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.bundle.golden import GOLDEN_NAME, AlignerGolden, Golden, read_golden
from edge_runtime.errors import ParityError
from edge_runtime.model.aligner_prompt import prompt_of_ids
from edge_runtime.model.audio_encoder import AudioEncoder
from edge_runtime.model.decoder import Decoder, ScoredToken
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from edge_runtime.model.timestamp_classifier import TimestampClassifier

Stage = Literal["features", "encoder", "logprobs", "tokens", "classes"]


@dataclass(frozen=True, slots=True)
class StageResult:
    """Difference of one stage from the reference, in its unit; for tokens and classes, how many differ."""

    probe: str
    stage: Stage
    difference: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance; NaN is not."""
        return self.difference <= self.tolerance


def open_selftest(bundle: Bundle, options: SessionOptions | None = None) -> SelfTest | AlignerSelfTest:
    """Load the graphs and stored outputs of a bundle of either kind.

    Raises:
        BundleError: the stored outputs cannot be read.
    """
    return (
        AlignerSelfTest(bundle, options) if bundle.manifest.kind == "aligner" else SelfTest(bundle, options)
    )


class _FrontEndTest:
    """Features and encoder, the first stages of both kinds of bundle."""

    def __init__(self, bundle: Bundle, options: SessionOptions | None) -> None:
        self._tolerances: Final = bundle.manifest.selftest
        encoder = open_component(bundle, "encoder", options)
        self._audio_encoder: Final = AudioEncoder.of(bundle.manifest, encoder)

    def run(self, probe: str, golden: Golden | AlignerGolden) -> Iterator[StageResult]:
        """Yield the results of features and encoder."""
        log_mel = self._audio_encoder.features(golden.waveform)
        embeds = self._audio_encoder.embed(log_mel)
        tolerances = self._tolerances
        yield StageResult(probe, "features", _max_difference(log_mel, golden.log_mel), tolerances.features)
        yield StageResult(probe, "encoder", _max_difference(embeds, golden.audio_embeds), tolerances.encoder)


class SelfTest:
    """Self-test of a bundle that transcribes."""

    def __init__(self, bundle: Bundle, options: SessionOptions | None = None) -> None:
        manifest = bundle.manifest
        self._prompt, decoder = manifest.require_asr()
        self._tolerances: Final = manifest.selftest
        self._front_end_test: Final = _FrontEndTest(bundle, options)
        self._decoder: Final = Decoder(open_component(bundle, "decoder", options), decoder, manifest.limits)
        self._golden: Final = read_golden(bundle.file(GOLDEN_NAME), Golden)

    def run(self) -> Iterator[StageResult]:
        """Yield the result of each stage for each stored recording."""
        tolerances = self._tolerances
        for probe, golden in self._golden.items():
            yield from self._front_end_test.run(probe, golden)
            scored = list(self._decode(golden))
            token_ids, logprobs, _ = (np.array(column) for column in zip(*scored, strict=True))
            num_wrong = float((token_ids != golden.token_ids).sum())
            yield StageResult(
                probe, "logprobs", _max_difference(logprobs, golden.logprobs), tolerances.logprobs
            )
            yield StageResult(probe, "tokens", num_wrong, tolerances.tokens)

    def _decode(self, golden: Golden) -> Iterator[ScoredToken]:
        """Decode the reference's embeddings with its tokens forced, so that errors do not add up."""
        prompt = build_prompt(self._prompt, len(golden.audio_embeds))
        yield self._decoder.prefill(DecoderInput(prompt, golden.audio_embeds, len(golden.token_ids)))
        for token_id in golden.token_ids[:-1]:
            yield self._decoder.step(int(token_id))


class AlignerSelfTest:
    """Self-test of a forced aligner."""

    def __init__(self, bundle: Bundle, options: SessionOptions | None = None) -> None:
        self._spec: Final = bundle.manifest.require_aligner()
        self._tolerances: Final = bundle.manifest.selftest
        self._front_end_test: Final = _FrontEndTest(bundle, options)
        self._classifier: Final = TimestampClassifier(open_component(bundle, "aligner", options))
        self._golden: Final = read_golden(bundle.file(GOLDEN_NAME), AlignerGolden)

    def run(self) -> Iterator[StageResult]:
        """Yield the result of each stage for each stored recording."""
        tolerances = self._tolerances
        for probe, golden in self._golden.items():
            yield from self._front_end_test.run(probe, golden)
            prompt = prompt_of_ids(self._spec, golden.prompt_ids)
            classes = self._classifier.classify(prompt, golden.audio_embeds)
            num_wrong = float((classes.class_ids != golden.class_ids).sum())
            distance = _max_difference(classes.logprobs, golden.logprobs)
            yield StageResult(probe, "logprobs", distance, tolerances.logprobs)
            yield StageResult(probe, "classes", num_wrong, tolerances.tokens)


def require_passed(results: list[StageResult], bundle: Bundle) -> None:
    """Raise if the outputs of a bundle are not the reference's.

    Raises:
        ParityError: at least one stage is outside its tolerance.
    """
    for result in results:
        if not result.passed:
            raise ParityError(
                f"{bundle.directory}: {result.stage} of {result.probe} differ from the reference by "
                f"{result.difference:.3g}, allowed {result.tolerance:.3g}. This back end does not compute "
                f"the graph as built: update it, or build for another target."
            )


def _max_difference(actual: Array, expected: Array) -> float:
    if actual.shape != expected.shape:
        return float("inf")
    return float(np.abs(actual - expected).max(initial=0.0))
