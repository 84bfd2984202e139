"""Proof that a build equals its reference, through the code that devices run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edge_export.graph_spec import LOGITS
from edge_export.parity.tolerances import EXACT, Acceptance
from edge_runtime.errors import ParityError
from edge_runtime.model.audio_encoder import AudioEncoder
from edge_runtime.model.decoder_graph import call_decoder
from edge_runtime.model.kv_cache import KVCache
from edge_runtime.model.prompt import TEXT_INDEX, Prompt, build_prompt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edge_export.parity.reference import ReferenceOutput
    from edge_runtime.arrays import Array, AudioEmbeds, TokenIds
    from edge_runtime.backends.session import Session
    from edge_runtime.bundle.manifest import Limits
    from edge_runtime.bundle.specs import EncoderSpec, FeatureSpec, PromptSpec

SCHEMA: Final = "edge-asr/parity@1"
PARITY_NAME: Final = "parity.json"
_COMPARED: Final = (LOGITS, "logprob", "next_token")
_PIECES: Final = 3
"""Parts a prompt is cut into, to prove that prefill in pieces is exact."""


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison."""

    stage: str
    probe: str
    max_abs_diff: float
    tolerance: float
    passed: bool


@dataclass(frozen=True, slots=True)
class Graphs:
    """The graphs under test, and what the runtime must know to run them."""

    encoder: Session
    decoder: Session
    features: FeatureSpec
    encoder_spec: EncoderSpec
    prompt: PromptSpec
    limits: Limits


def check_parity(
    graphs: Graphs, references: Mapping[str, ReferenceOutput], reference: str, accepted: Acceptance = EXACT
) -> dict[str, Any]:
    """Compare every stage on every probe.

    Args:
        graphs: what was built.
        references: the reference's answers by probe name.
        reference: what answered, for the report.
        accepted: what a build of its precision must reach.

    Returns:
        The report, schema `edge-asr/parity@1`.

    Raises:
        ParityError: a stage is outside its tolerance, or too many tokens differ.
    """
    compared = [_compare_probe(graphs, probe, expected, accepted) for probe, expected in references.items()]
    total = sum(len(expected.token_ids) for expected in references.values())
    return build_report(compared, total, "tokens", reference, accepted)


def build_report(
    compared: Sequence[tuple[list[Check], int]], total: int, unit: str, reference: str, accepted: Acceptance
) -> dict[str, Any]:
    """Write the report.

    Args:
        compared: for each probe its checks and how many of its answers are the reference's.
        total: answers of all probes.
        unit: what the answers are.
        reference: what answered, for the report.
        accepted: what a build of its precision must reach.

    Raises:
        ParityError: a stage is outside its tolerance, or too many answers differ.
    """
    checks = [check for probe_checks, _ in compared for check in probe_checks]
    identical = sum(count for _, count in compared)
    _require(checks, identical, total, unit, accepted.min_identical)
    return {
        "schema": SCHEMA,
        "reference": reference,
        "stages": [asdict(check) for check in checks],
        f"{unit}_identical": identical,
        f"{unit}_total": total,
    }


def _compare_probe(
    graphs: Graphs, probe: str, expected: ReferenceOutput, accepted: Acceptance
) -> tuple[list[Check], int]:
    """Return the checks of one probe and how many tokens are the reference's."""
    limits = graphs.limits
    encoder = AudioEncoder(graphs.encoder, graphs.features, graphs.encoder_spec, limits.encoder_batch)
    log_mel = encoder.features(expected.waveform)
    # The encoder is checked on the reference's features; from the prompt on, all that precedes is our own.
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
    checks = [compare(stage, probe, *pair, accepted) for stage, pair in values.items()]
    return checks, int((tokens == expected.token_ids).sum())


def teacher_forced_steps(
    graphs: Graphs, prompt: Prompt, embeds: AudioEmbeds, tokens: TokenIds, chunk: int
) -> list[Mapping[str, Array]]:
    """Return the decoder's outputs after the prompt and after each of `tokens` but the last.

    Args:
        graphs: the decoder among them gives its logits.
        prompt: ids and audio positions.
        embeds: encoder output, shape (A, H).
        tokens: fed one after the other, whatever the decoder thinks.
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


def compare(stage: str, probe: str, actual: Array, expected: Array, accepted: Acceptance = EXACT) -> Check:
    """Compare one stage's values.

    Raises:
        ParityError: their shapes differ.
    """
    if actual.shape != expected.shape:
        raise ParityError(
            f"Parity: stage {stage}, probe {probe}: shape {actual.shape}, the reference has "
            f"{expected.shape}. "
            f"Nothing was installed."
        )
    difference = float(np.abs(actual - expected).max())
    tolerance = accepted.stages[stage].bound(float(np.abs(expected).max()))
    # Written so that NaN does not pass.
    return Check(stage, probe, difference, tolerance, passed=difference <= tolerance)


def _require(checks: list[Check], identical: int, total: int, unit: str, share: float) -> None:
    failed = [check for check in checks if not check.passed]
    if failed:
        # Stages are in the order of the data: what comes after the first that fails only follows from it.
        first = failed[0]
        raise ParityError(
            f"Parity: {len(failed)} of {len(checks)} comparisons are outside tolerance; the first is stage "
            f"{first.stage}, probe {first.probe}: difference {first.max_abs_diff:.3g}, tolerance "
            f"{first.tolerance:.3g}. Nothing was installed."
        )
    if identical < share * total:
        raise ParityError(
            f"Parity: {identical} of {total} {unit} are the reference's, {share:.1%} are asked for. "
            f"Nothing was installed."
        )
