"""Proof that a build equals its reference, through the code that devices run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from edge_export.graph_spec import LOGITS
from edge_export.parity.case import ParityCase, ProbeResult, compare
from edge_export.parity.reference_output import ReferenceOutput
from edge_runtime.bundle.golden import Golden
from edge_runtime.model.audio_encoder import AudioEncoder
from edge_runtime.model.decoder_graph import call_decoder
from edge_runtime.model.kv_cache import KVCache
from edge_runtime.model.prompt import TEXT_INDEX, Prompt, build_prompt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_export.parity.tolerances import Acceptance
    from edge_runtime.arrays import Array, AudioEmbeds, TokenIds
    from edge_runtime.backends.session import Session
    from edge_runtime.bundle.manifest import Limits
    from edge_runtime.bundle.specs import EncoderSpec, FeatureSpec, PromptSpec

_COMPARED: Final = (LOGITS, "logprob", "next_token")
_PIECES: Final = 3
"""Parts a prompt is cut into, to prove that prefill in pieces is exact."""


@dataclass(frozen=True, slots=True)
class Graphs:
    """The graphs under test, and what the runtime must know to run them."""

    encoder: Session
    decoder: Session
    features: FeatureSpec
    encoder_spec: EncoderSpec
    prompt: PromptSpec
    limits: Limits


def compare_probe(graphs: Graphs, probe: str, expected: ReferenceOutput, accepted: Acceptance) -> ProbeResult:
    """Compare every stage on one probe."""
    limits = graphs.limits
    encoder = AudioEncoder(graphs.encoder, graphs.features, graphs.encoder_spec, limits.encoder_batch)
    log_mel = encoder.features(expected.waveform)
    # Encoder: on the reference's features. From the prompt on: on our own features and embeddings.
    embeds = encoder.embed(log_mel)
    prompt = build_prompt(graphs.prompt, len(embeds))
    steps = teacher_forced_steps(graphs, prompt, embeds, expected.token_ids, limits.prefill_chunk)
    in_pieces = teacher_forced_steps(graphs, prompt, embeds, expected.token_ids[:1], len(prompt) // _PIECES)
    logits, logprobs, tokens = (np.concatenate([step[name] for step in steps]) for name in _COMPARED)
    values = {
        "features": (log_mel, expected.log_mel),
        "encoder": (encoder.embed(expected.log_mel), expected.audio_embeds),
        "prefill": (logits[:1], expected.logits[:1]),
        "prefill_in_pieces": (in_pieces[0][LOGITS], expected.logits[:1]),
        "steps": (logits[1:], expected.logits[1:]),
        "logprobs": (logprobs, expected.logprobs),
    }
    checks = tuple(compare(stage, probe, *pair, accepted) for stage, pair in values.items())
    return ProbeResult(checks, int((tokens == expected.token_ids).sum()), len(tokens))


ASR: Final = ParityCase("tokens", ReferenceOutput, Golden, compare_probe)


def teacher_forced_steps(
    graphs: Graphs, prompt: Prompt, embeds: AudioEmbeds, tokens: TokenIds, chunk: int
) -> list[Mapping[str, Array]]:
    """Return the decoder's outputs after the prompt and after each of `tokens` but the last.

    Args:
        graphs: their decoder outputs its logits.
        prompt: ids and audio positions.
        embeds: encoder output, shape (A, H).
        tokens: fed one by one, whatever the decoder predicts.
        chunk: longest piece of the prompt in one run.
    """
    cache = KVCache(graphs.decoder, len(prompt) + len(tokens))
    for start in range(0, len(prompt), chunk):
        piece = slice(start, start + chunk)
        outputs = _run(cache, prompt.ids[piece], prompt.audio_index[piece], embeds)
    text = np.array([TEXT_INDEX], np.int64)
    return [outputs, *(_run(cache, token[None], text, embeds[:1]) for token in tokens[:-1])]


def _run(cache: KVCache, ids: Array, audio_index: Array, embeds: AudioEmbeds) -> Mapping[str, Array]:
    outputs = call_decoder(cache, ids[None], audio_index[None], embeds)
    return {name: value[:, 0] for name, value in outputs.items()}
