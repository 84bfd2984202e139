"""Limits of a bundle of engines, from its profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from edge_export.engine.plan import EnginePlan
    from edge_runtime.bundle.manifest import Manifest


def with_engine_limits(manifest: Manifest, plan: EnginePlan) -> Manifest:
    """Return a manifest whose limits are those of the engines' profiles."""
    windows = max(
        profile.windows[2] for profile in plan.chosen.profiles["encoder"].values() if profile.windows
    )
    limits = msgspec.structs.replace(manifest.limits, encoder_batch=windows)
    bounded = msgspec.structs.replace(manifest, limits=limits)
    return (
        _with_aligner_limits(bounded, plan)
        if manifest.kind == "aligner"
        else _with_decoder_limits(bounded, plan)
    )


def _with_decoder_limits(manifest: Manifest, plan: EnginePlan) -> Manifest:
    rows = plan.chosen.kv_capacity
    assert rows is not None, "a recipe for a decoder states its cache rows"
    profiles = plan.chosen.profiles["decoder"].values()
    limits = msgspec.structs.replace(
        manifest.limits,
        prefill_chunk=max(profile.sequence[2] for profile in profiles if profile.sequence),
        max_positions=min(manifest.limits.max_positions, rows),
        max_new_tokens=min(manifest.limits.max_new_tokens, rows),
    )
    return msgspec.structs.replace(manifest, limits=limits)


def _with_aligner_limits(manifest: Manifest, plan: EnginePlan) -> Manifest:
    aligner, encoder, features = manifest.aligner, manifest.encoder, manifest.features
    assert aligner is not None, "an aligner's bundle has its spec"
    profiles = plan.chosen.profiles["aligner"].values()
    tokens = max(profile.audio_tokens[2] for profile in profiles if profile.audio_tokens)
    positions = max(profile.sequence[2] for profile in profiles if profile.sequence)
    # Whole chunks: the last one is padded, and its tokens count.
    seconds = (
        tokens // encoder.chunk_tokens * encoder.chunk_frames * features.hop_length / features.sample_rate
    )
    aligner = msgspec.structs.replace(
        aligner,
        max_positions=min(aligner.max_positions, positions),
        max_audio_s=min(aligner.max_audio_s, seconds),
    )
    return msgspec.structs.replace(manifest, aligner=aligner)
