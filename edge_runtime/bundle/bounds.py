"""Values of a manifest that bound each other; what bounds a value alone is in `values.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge_runtime.bundle.manifest import Manifest
from edge_runtime.bundle.specs import Component, EngineRecord
from edge_runtime.errors import ManifestError

TOKENIZER_NAME: Final = "tokenizer.json"
_MAX_WINDOW_VALUES: Final = 1 << 30
"""Features that the encoder takes at once; the released models take 800 x 128 x 8."""
_MAX_CACHE_VALUES: Final = 1 << 22
"""Keys, or values, of a token in all layers; the 1.7B model has 28 x 8 x 128."""


def require_sound(manifest: Manifest, source: Path) -> None:
    """Refuse a manifest whose values contradict each other.

    Args:
        manifest: of a bundle, or of the bundle that a portable one is to become.
        source: its file, for the error.

    Raises:
        ManifestError: with the first contradiction.
    """
    contradictions = (
        *_features(manifest),
        *_decoder(manifest),
        *_graphs(manifest),
        *_ids(manifest),
        *_confidence(manifest),
    )
    for contradiction in contradictions:
        raise ManifestError(f"{source}: not a valid manifest: {contradiction}. Rebuild the bundle.")


def require_complete(manifest: Manifest, source: Path) -> None:
    """Refuse a manifest of a bundle that is unsound, or does not have what its kind of bundle has.

    Raises:
        ManifestError: with the first thing that is wrong.
    """
    require_sound(manifest, source)
    for contradiction in _parts(manifest):
        raise ManifestError(f"{source}: not a valid manifest: {contradiction}. Rebuild the bundle.")


def _features(manifest: Manifest) -> Iterator[str]:
    features, encoder = manifest.features, manifest.encoder
    if not features.fmin < features.fmax <= features.sample_rate / 2:
        yield f"fmin {features.fmin}, fmax {features.fmax} at {features.sample_rate} Hz"
    if features.hop_length > features.n_fft or features.min_samples < features.n_fft:
        yield f"n_fft {features.n_fft}, hop_length {features.hop_length}, min_samples {features.min_samples}"
    if encoder.window_frames % encoder.chunk_frames or encoder.chunk_tokens > encoder.chunk_frames:
        yield (
            f"window_frames {encoder.window_frames}, chunk_frames {encoder.chunk_frames}, chunk_tokens "
            f"{encoder.chunk_tokens}"
        )
    if manifest.limits.encoder_batch * encoder.window_frames * features.n_mels > _MAX_WINDOW_VALUES:
        yield f"encoder_batch {manifest.limits.encoder_batch} of {encoder.window_frames} frames"


def _parts(manifest: Manifest) -> Iterator[str]:
    """Check that there is what the kind of bundle has."""
    is_asr = manifest.kind == "asr"
    if ("decoder" if is_asr else "aligner") not in manifest.components:
        yield f"components {', '.join(sorted(manifest.components))}; kind {manifest.kind!r} has others"
    if (manifest.decoder is not None, manifest.prompt is not None, manifest.aligner is not None) != (
        (True, True, False) if is_asr else (False, False, True)
    ):
        yield f"kind {manifest.kind!r} has other parts of decoder, prompt and aligner"
    if not is_asr and (manifest.confidence, manifest.commit) != (None, None):
        yield "confidence and commit are of kind 'asr'"
    if is_asr and not (manifest.limits.prefill_chunk and manifest.limits.max_new_tokens):
        yield "prefill_chunk and max_new_tokens are at least 1"
    if TOKENIZER_NAME not in manifest.files:
        yield f"{TOKENIZER_NAME!r} is not among its files"


def _decoder(manifest: Manifest) -> Iterator[str]:
    decoder = manifest.decoder
    if decoder is None:
        return
    if decoder.num_heads % decoder.num_kv_heads:
        yield f"num_heads {decoder.num_heads}, num_kv_heads {decoder.num_kv_heads}"
    if decoder.num_layers * decoder.num_kv_heads * decoder.head_dim > _MAX_CACHE_VALUES:
        yield f"{decoder.num_layers} layers of {decoder.num_kv_heads} x {decoder.head_dim} keys"


def _graphs(manifest: Manifest) -> Iterator[str]:
    """Check that files are listed, and that graphs take what comes from the stage before."""
    components = manifest.components
    for component in components.values():
        if component.graph not in manifest.files:
            yield f"{component.graph!r} is not among its files"
    sizes = {
        ("encoder", "mel_windows", 1): manifest.features.n_mels,
        ("decoder", "audio_embeds", -1): manifest.encoder.output_size,
        ("aligner", "audio_embeds", -1): manifest.encoder.output_size,
    }
    for (role, tensor, place), size in sizes.items():
        actual = _dim(components[role], tensor, place) if role in components else None
        if isinstance(actual, int) and actual != size:
            yield f"{tensor} of the {role} has size {actual}, and {size} comes from the stage before"
    for component in components.values():
        if component.engine is not None:
            yield from _profiles(component.engine)


def _dim(component: Component, tensor: str, place: int) -> int | str | None:
    """Return a dimension of an input, None where the graph has no such input."""
    shapes = [spec.shape for spec in component.inputs if spec.name == tensor]
    return shapes[0][place] if shapes and len(shapes[0]) > 1 else None


def _profiles(record: EngineRecord) -> Iterator[str]:
    for profile in record.profiles:
        for name, dim in profile.dims.items():
            if not dim.min <= dim.opt <= dim.max:
                yield f"{name} of profile {profile.name!r} is {dim.min}, {dim.opt}, {dim.max}"


def _confidence(manifest: Manifest) -> Iterator[str]:
    """Check that texts of low confidence are among the doubtful ones."""
    spec = manifest.confidence
    if spec is not None and spec.low_logprob > spec.doubtful_logprob:
        yield f"low_logprob {spec.low_logprob} above doubtful_logprob {spec.doubtful_logprob}"


def _ids(manifest: Manifest) -> Iterator[str]:
    """Check that the decoder has a row for each id that is fed to it."""
    prompt, decoder = manifest.prompt, manifest.decoder
    if prompt is None or decoder is None:
        return
    forced = (id_ for language in manifest.languages for id_ in language.force_ids)
    fed = {*prompt.before_context, *prompt.before_audio, *prompt.after_audio, prompt.audio_id, *forced}
    if max(fed) >= decoder.vocab_size:
        yield f"token {max(fed)} of a prompt; the vocabulary has {decoder.vocab_size}"
