"""Proof that an aligner equals its reference, through the code that devices run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from edge_export.graph_spec import LOGITS
from edge_export.parity.case import ParityCase, ProbeResult, compare
from edge_export.parity.reference_output import AlignerReferenceOutput
from edge_runtime.bundle.golden import AlignerGolden
from edge_runtime.model.aligner_prompt import prompt_of_ids
from edge_runtime.model.audio_encoder import AudioEncoder

if TYPE_CHECKING:
    from edge_export.parity.tolerances import Acceptance
    from edge_runtime.backends.session import Session
    from edge_runtime.bundle.manifest import Limits
    from edge_runtime.bundle.specs import AlignerSpec, EncoderSpec, FeatureSpec


@dataclass(frozen=True, slots=True)
class AlignerGraphs:
    """The graphs under test, the aligner with its logits, and what the runtime must know to run them."""

    encoder: Session
    aligner: Session
    features: FeatureSpec
    encoder_spec: EncoderSpec
    spec: AlignerSpec
    limits: Limits


def compare_probe(
    graphs: AlignerGraphs, probe: str, expected: AlignerReferenceOutput, accepted: Acceptance
) -> ProbeResult:
    """Compare every stage on one probe."""
    limits = graphs.limits
    encoder = AudioEncoder(graphs.encoder, graphs.features, graphs.encoder_spec, limits.encoder_batch)
    log_mel = encoder.features(expected.waveform)
    # Encoder: on the reference's features. From the prompt on: on our own features and embeddings.
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
    checks = tuple(compare(stage, probe, *pair, accepted) for stage, pair in values.items())
    identical = int((outputs["class_id"][0] == expected.class_ids).sum())
    return ProbeResult(checks, identical, len(expected.class_ids))


ALIGNER: Final = ParityCase("classes", AlignerReferenceOutput, AlignerGolden, compare_probe)
