"""The two kinds of bundle, and the parts of a manifest that only one of them has."""

from __future__ import annotations

from typing import NamedTuple

from edge_runtime.bundle.manifest import AlignerSpec, DecoderSpec, Manifest, PromptSpec
from edge_runtime.errors import BundleError


class AsrParts(NamedTuple):
    """What a bundle that transcribes has."""

    prompt: PromptSpec
    decoder: DecoderSpec


def asr_parts(manifest: Manifest) -> AsrParts:
    """Return the parts of a bundle that transcribes.

    Raises:
        BundleError: it is a forced aligner, or its manifest lacks a part.
    """
    if manifest.kind == "aligner":
        raise BundleError(
            f"{manifest.name}: this bundle is a forced aligner; it times a text and cannot transcribe. "
            f"Use `edge-asr align`, or name an ASR bundle with --model."
        )
    if manifest.prompt is None or manifest.decoder is None:
        raise BundleError(f"{manifest.name}: its manifest has no prompt or no decoder. Rebuild the bundle.")
    return AsrParts(manifest.prompt, manifest.decoder)


def aligner_spec(manifest: Manifest) -> AlignerSpec:
    """Return the aligner's part of a bundle.

    Raises:
        BundleError: the bundle transcribes, or its manifest lacks the part.
    """
    if manifest.kind == "asr":
        raise BundleError(
            f"{manifest.name}: this bundle transcribes; it is no forced aligner. "
            f"Build one with `edge-asr build-engines aligner`, or use `edge-asr run`."
        )
    if manifest.aligner is None:
        raise BundleError(f"{manifest.name}: its manifest has no aligner. Rebuild the bundle.")
    return manifest.aligner
