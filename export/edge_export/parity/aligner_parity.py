"""Proof that an aligner equals its reference, through the code that devices run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_export.graph_spec import LOGITS
from edge_export.parity.parity import Check, build_report, compare
from edge_export.parity.tolerances import EXACT, Acceptance
from edge_runtime.model.aligner_prompt import prompt_of_ids
from edge_runtime.model.audio_encoder import AudioEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_export.parity.aligner_reference import AlignerReferenceOutput
    from edge_runtime.backends.session import Session
    from edge_runtime.bundle.manifest import Limits
    from edge_runtime.bundle.specs import AlignerSpec, EncoderSpec, FeatureSpec


@dataclass(frozen=True, slots=True)
class AlignerGraphs:
    """The graphs under test, and what the runtime must know to run them."""

    encoder: Session
    aligner: Session
    features: FeatureSpec
    encoder_spec: EncoderSpec
    spec: AlignerSpec
    limits: Limits


def check_aligner_parity(
    graphs: AlignerGraphs,
    references: Mapping[str, AlignerReferenceOutput],
    reference: str,
    accepted: Acceptance = EXACT,
) -> dict[str, Any]:
    """Compare every stage on every probe.

    Args:
        graphs: what was built; the aligner graph gives its logits too.
        references: the reference's answers by probe name.
        reference: what answered, for the report.
        accepted: what a build of its precision must reach.

    Returns:
        The report, schema `edge-asr/parity@1`.

    Raises:
        ParityError: a stage is outside its tolerance, or too many classes differ.
    """
    compared = [_compare_probe(graphs, probe, expected, accepted) for probe, expected in references.items()]
    total = sum(len(expected.class_ids) for expected in references.values())
    return build_report(compared, total, "classes", reference, accepted)


def _compare_probe(
    graphs: AlignerGraphs, probe: str, expected: AlignerReferenceOutput, accepted: Acceptance
) -> tuple[list[Check], int]:
    """Return the checks of one probe and how many classes are the reference's."""
    limits = graphs.limits
    encoder = AudioEncoder(graphs.encoder, graphs.features, graphs.encoder_spec, limits.encoder_batch)
    log_mel = encoder.features(expected.waveform)
    # The encoder is checked on the reference's features; from the prompt on, all that precedes is our own.
    embeds = encoder.embed(log_mel)
    prompt = prompt_of_ids(graphs.spec, expected.prompt_ids)
    outputs = graphs.aligner.bind({}).run(
        {
            "input_ids": prompt.ids[None],
            "audio_index": prompt.audio_index[None],
            "audio_embeds": np.ascontiguousarray(embeds),
            "slot_index": prompt.slot_index[None],
        }
    )
    values = {
        "features": (log_mel, expected.log_mel),
        "encoder": (encoder.embed(expected.log_mel), expected.audio_embeds),
        "slots": (outputs[LOGITS][0], expected.logits),
        "logprobs": (outputs["logprob"][0], expected.logprobs),
    }
    checks = [compare(stage, probe, *pair, accepted) for stage, pair in values.items()]
    return checks, int((outputs["class_id"][0] == expected.class_ids).sum())
