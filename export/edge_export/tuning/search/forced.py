"""How far a decoder is from the float one, on the float one's own transcripts of recordings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Final

import numpy as np

from edge_export.graph_spec import LOGITS
from edge_export.graphs.export_config import FLOAT
from edge_export.graphs.geometry import decoder_geometry
from edge_export.parity.parity import teacher_forced_steps
from edge_runtime.audio.load import load_audio
from edge_runtime.decoding.generate import generate
from edge_runtime.decoding.token_rates import budget_tokens_per_s
from edge_runtime.model.audio_encoder import AudioEncoder
from edge_runtime.model.decoder import Decoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_export.calibration.recordings import Recording
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.parity.parity import Graphs
    from edge_runtime.arrays import Array, AudioEmbeds, TokenIds
    from edge_runtime.backends.session import Session
    from edge_runtime.model.prompt import Prompt


@dataclass(frozen=True, slots=True)
class Divergence:
    """Distance of a decoder from the float one, over all teacher-forced steps.

    Attributes:
        kl: mean of KL(float ‖ other) of the next token, in nats.
        rms: root-mean-square error of the logits over that of the float logits.
        agreement: share of steps with the float decoder's token.
        steps: how many.
    """

    kl: float
    rms: float
    agreement: float
    steps: int

    @property
    def error(self) -> float:
        """The squared error of the logits, over that of the float logits.

        Contributions of matrices to it are nearly additive. A KL divergence as small as that of the mini
        checkpoint comes from a few steps between two words, and a choice by it generalizes less.
        """
        return self.rms**2

    def text(self) -> str:
        """Return the figures for a line."""
        return f"logits off by {self.rms:.4f}, KL {self.kl:.5f} nats, {self.agreement:.2%} of tokens the same"


@dataclass(frozen=True, slots=True)
class _ForcedSequence:
    prompt: Prompt
    embeds: AudioEmbeds
    tokens: TokenIds
    logits: Array


class TeacherForcedSpeech:
    """Recordings with the float decoder's tokens and logits."""

    def __init__(self, checkpoint: Checkpoint, graphs: Graphs, recordings: Sequence[Recording]) -> None:
        """Transcribe recordings.

        Args:
            checkpoint: whose graphs they are.
            graphs: float graphs; the decoder outputs its logits.
            recordings: to transcribe.
        """
        self._graphs: Final = graphs
        self._geometry: Final = decoder_geometry(checkpoint.config.text, FLOAT)
        self._sequences: Final = [self._transcribe(recording) for recording in recordings]

    def measure(self, decoder: Session) -> Divergence:
        """Force the same tokens on another decoder and compare its logits."""
        graphs = replace(self._graphs, decoder=decoder)
        pairs = [(each.logits, self._logits(graphs, each)) for each in self._sequences]
        expected, actual = (np.concatenate(side).astype(np.float64) for side in zip(*pairs, strict=True))
        return divergence(expected, actual)

    def _transcribe(self, recording: Recording) -> _ForcedSequence:
        graphs = self._graphs
        audio = load_audio(recording.path, graphs.features.sample_rate, graphs.limits.max_audio_s)
        batch = graphs.limits.encoder_batch
        encoder = AudioEncoder(graphs.encoder, graphs.features, graphs.encoder_spec, batch)
        embeds = encoder.encode(audio.waveform)
        prompt = build_prompt(graphs.prompt, len(embeds))
        eos_ids = graphs.prompt.eos_ids
        generation = generate(
            Decoder(graphs.decoder, self._geometry, graphs.limits),
            DecoderInput(prompt, embeds, ceil(budget_tokens_per_s(None, ()) * audio.duration_s)),
            eos_ids=eos_ids,
        )
        # EOS is compared too, since a decoder must stop; it is never fed.
        tokens = np.array([*generation.token_ids, eos_ids[0]], np.int64)
        sequence = _ForcedSequence(prompt, embeds, tokens, np.empty(0, np.float32))
        return replace(sequence, logits=self._logits(graphs, sequence))

    def _logits(self, graphs: Graphs, sequence: _ForcedSequence) -> Array:
        steps = teacher_forced_steps(
            graphs, sequence.prompt, sequence.embeds, sequence.tokens, graphs.limits.prefill_chunk
        )
        return np.concatenate([step[LOGITS] for step in steps])


def divergence(expected: Array, actual: Array) -> Divergence:
    """Compare logits.

    Args:
        expected: of the float decoder (steps, vocabulary).
        actual: of the other.
    """
    expected_logs, actual_logs = _log_softmax(expected), _log_softmax(actual)
    kl = (np.exp(expected_logs) * (expected_logs - actual_logs)).sum(axis=1).mean()
    rms = np.linalg.norm(actual - expected) / np.linalg.norm(expected)
    agreement = (expected.argmax(axis=1) == actual.argmax(axis=1)).mean()
    return Divergence(float(kl), float(rms), float(agreement), len(expected))


def _log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs
