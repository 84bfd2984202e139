"""Run recordings through float graphs as a bundle would, so that an observer sees what its layers see."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from edge_export.graphs import geometry
from edge_export.graphs.export_config import FLOAT
from edge_runtime.audio.load import load_audio
from edge_runtime.decoding.generate import generate
from edge_runtime.decoding.token_rates import budget_tokens_per_s
from edge_runtime.errors import UsageError
from edge_runtime.model.aligner_prompt import build_align_prompt
from edge_runtime.model.audio_encoder import AudioEncoder
from edge_runtime.model.decoder import Decoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from edge_runtime.model.timestamp_classifier import TimestampClassifier
from edge_runtime.text.units import split_units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edge_export.calibration.recordings import Recording
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_runtime.arrays import AudioEmbeds, Seconds
    from edge_runtime.backends.session import Session


def replay_recordings(
    checkpoint: Checkpoint, sessions: Mapping[str, Session], recordings: Sequence[Recording]
) -> None:
    """Transcribe recordings, or align them to their texts, and discard the results.

    Args:
        checkpoint: whose graphs they are.
        sessions: component name → its graph.
        recordings: what to run.

    Raises:
        AudioError: a recording cannot be used.
        UsageError: a recording for an aligner comes without its text.
    """
    config, features = checkpoint.config, checkpoint.features
    limits, spec = geometry.limits(config), geometry.encoder_geometry(config.audio)
    encoder = AudioEncoder(sessions["encoder"], features, spec, limits.encoder_batch)
    for recording in recordings:
        audio = load_audio(recording.path, features.sample_rate, limits.max_audio_s)
        embeds = encoder.encode(audio.waveform)
        if config.kind == "aligner":
            _align(checkpoint, sessions["aligner"], embeds, recording)
        else:
            _transcribe(checkpoint, sessions["decoder"], embeds, audio.duration_s)


def _transcribe(checkpoint: Checkpoint, session: Session, embeds: AudioEmbeds, duration_s: Seconds) -> None:
    max_new_tokens = ceil(duration_s * budget_tokens_per_s(None, [one.name for one in checkpoint.languages]))
    assert checkpoint.prompt is not None, "a checkpoint that transcribes has a prompt"
    config, prompt = checkpoint.config, build_prompt(checkpoint.prompt, len(embeds))
    decoder = Decoder(session, geometry.decoder_geometry(config.text, FLOAT), geometry.limits(config))
    generate(decoder, DecoderInput(prompt, embeds, max_new_tokens), eos_ids=checkpoint.prompt.eos_ids)


def _align(checkpoint: Checkpoint, session: Session, embeds: AudioEmbeds, recording: Recording) -> None:
    assert checkpoint.aligner is not None, "an aligner has its spec"
    if not recording.text:
        raise UsageError(
            f"{recording.path}: no text. An aligner is calibrated on a list with audio and text, one JSON "
            f"object a line."
        )
    units = split_units(recording.text, None)
    unit_ids = [checkpoint.tokenizer.encode(unit.text) for unit in units]
    TimestampClassifier(session).classify(
        build_align_prompt(checkpoint.aligner, len(embeds), unit_ids), embeds
    )
