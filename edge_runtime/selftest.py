"""Run a bundle on stored recordings and compare with the reference's stored answers.

The answers were computed by transformers when the bundle was built; this needs none of it, so it runs on the
device, where a wrong kernel would show.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from edge_runtime.arrays import Array, AudioEmbeds, LogMel, TokenIds, Waveform
from edge_runtime.bundle import Bundle
from edge_runtime.decoder import Decoder, Scored
from edge_runtime.encoder import Encoder
from edge_runtime.errors import BundleError, ParityError
from edge_runtime.fbank import Fbank
from edge_runtime.prompt import build_prompt
from edge_runtime.session import SessionOptions, open_session

GOLDEN_NAME: Final = "golden.npz"

Stage = Literal["features", "encoder", "logprobs", "tokens"]


@dataclass(frozen=True, slots=True)
class Golden:
    """One recording and the reference's answers to it.

    Attributes:
        waveform: mono samples at the model's rate, shape (num_samples,).
        log_mel: features, shape (F, T).
        audio_embeds: encoder output, shape (A, H).
        token_ids: greedy tokens, end of sequence ignored, shape (S,).
        logprobs: their natural log-probabilities, shape (S,).
    """

    waveform: Waveform
    log_mel: LogMel
    audio_embeds: AudioEmbeds
    token_ids: TokenIds
    logprobs: Array


@dataclass(frozen=True, slots=True)
class StageResult:
    """How far one stage is from the reference, in the stage's own unit; tokens count the differing ones."""

    probe: str
    stage: Stage
    difference: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance; NaN is not."""
        return self.difference <= self.tolerance


def read_golden(path: Path) -> dict[str, Golden]:
    """Read the stored recordings and answers.

    Raises:
        BundleError: the file does not hold them.
    """
    names = Golden.__dataclass_fields__
    try:
        # Opened here, since numpy leaves a damaged file open.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            probes = sorted({key.split("/")[0] for key in arrays})
            golden = {probe: Golden(**{n: arrays[f"{probe}/{n}"] for n in names}) for probe in probes}
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise BundleError(f"{path}: not readable as stored answers ({error}). Rebuild the bundle.") from error
    if not golden:
        raise BundleError(f"{path}: not readable as stored answers (it holds none). Rebuild the bundle.")
    return golden


class SelfTest:
    """The graphs of a bundle, run stage by stage."""

    def __init__(self, bundle: Bundle, options: SessionOptions | None = None) -> None:
        manifest = bundle.manifest
        settings = options or SessionOptions()
        components = {name: bundle.component(name) for name in ("encoder", "decoder")}
        encoder, decoder = (
            open_session(manifest.target, component, bundle.path(component.graph), settings)
            for component in components.values()
        )
        self._manifest: Final = manifest
        self._fbank: Final = Fbank(manifest.features)
        self._encoder: Final = Encoder(encoder, manifest.encoder, manifest.limits.encoder_batch)
        self._decoder: Final = Decoder(decoder, manifest.decoder, manifest.limits)
        self._golden: Final = read_golden(bundle.path(GOLDEN_NAME))

    def run(self) -> Iterator[StageResult]:
        """Yield the result of each stage for each stored recording."""
        tolerances = self._manifest.selftest
        for probe, golden in self._golden.items():
            log_mel = self._fbank(golden.waveform)
            embeds = self._encoder.encode(log_mel)
            scored = list(self._decode(golden))
            token_ids, logprobs = (np.array(column) for column in zip(*scored, strict=True))
            num_wrong = float((token_ids != golden.token_ids).sum())
            yield StageResult(probe, "features", _distance(log_mel, golden.log_mel), tolerances.features)
            yield StageResult(probe, "encoder", _distance(embeds, golden.audio_embeds), tolerances.encoder)
            yield StageResult(probe, "logprobs", _distance(logprobs, golden.logprobs), tolerances.logprobs)
            yield StageResult(probe, "tokens", num_wrong, tolerances.tokens)

    def _decode(self, golden: Golden) -> Iterator[Scored]:
        """Decode from the reference's embeddings along its tokens, so that errors do not add up."""
        prompt = build_prompt(self._manifest.prompt, len(golden.audio_embeds))
        yield self._decoder.prefill(prompt, golden.audio_embeds, len(golden.token_ids))
        for token_id in golden.token_ids[:-1]:
            yield self._decoder.step(int(token_id))


def require_passed(results: list[StageResult], bundle: Bundle) -> None:
    """Refuse a bundle whose answers are not the reference's.

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


def _distance(found: Array, expected: Array) -> float:
    if found.shape != expected.shape:
        return float("inf")
    return float(np.abs(found - expected).max(initial=0.0))
