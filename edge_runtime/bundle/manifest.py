"""The manifest: everything the runtime must know of a bundle, written by the exporter that knew it.

Nothing is inferred from a file name, a model name or a library version. The format is normative
(`engines/README.md`) and versioned; its JSON Schema is generated from the classes below.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from edge_runtime.bundle.specs import (
    AlignerSpec,
    CommitSpec,
    Component,
    ConfidenceSpec,
    DecoderSpec,
    EncoderSpec,
    FeatureSpec,
    PromptSpec,
    StrictStruct,
)
from edge_runtime.bundle.values import (
    BatchSize,
    FileName,
    Label,
    Name,
    NumBytes,
    NumTokens,
    NumTokensOrNone,
    Seconds,
    Sha256,
    Text,
    TokenIds,
    Tolerance,
)
from edge_runtime.errors import BundleError, ManifestError
from edge_runtime.json_schema import schema_of

SCHEMA: Final = "edge-asr/bundle@2"
PORTABLE_SCHEMA: Final = "edge-asr/portable@1"
"""Of a portable bundle, which is compiled on a device before it is a bundle."""
MANIFEST_NAME: Final = "manifest.json"

Target = Literal["ort-cpu", "ort-cuda", "tensorrt", "tensorrt-rtx"]
Kind = Literal["asr", "aligner"]


class Language(StrictStruct, frozen=True):
    """A language of the model: its name in the prompt, its code, and the ids that force it."""

    name: Label
    code: Label | None
    """None where none is known: of a language that fine-tuning added."""
    force_ids: TokenIds


class Limits(StrictStruct, frozen=True):
    """What the bundle accepts in one request; beyond it a request is refused, never cut."""

    max_audio_s: Seconds
    max_positions: NumTokens
    max_new_tokens: NumTokensOrNone
    """0 for an aligner, which generates nothing."""
    prefill_chunk: NumTokensOrNone
    """Longest piece of prompt that the decoder graph takes at once; it bounds memory. 0 for an aligner."""
    encoder_batch: BatchSize
    """Largest number of windows that the encoder graph takes at once; it bounds peak memory."""


class Tolerances(StrictStruct, frozen=True):
    """How far the self-test may be from the stored reference answers, per stage, as largest difference."""

    features: Tolerance
    encoder: Tolerance
    logprobs: Tolerance
    tokens: Tolerance
    """Number of tokens that may differ from the stored ones; for an aligner, of classes."""


class FileEntry(StrictStruct, frozen=True):
    """Size and hash of one file of the bundle."""

    bytes: NumBytes
    sha256: Sha256


class Provenance(StrictStruct, frozen=True):
    """Where the bytes came from."""

    model_id: Text
    revision: Text | None
    layout: Literal["hf", "original"]
    architecture: Text
    checkpoint_files: dict[Text, Sha256]
    """File name → sha256 of every checkpoint file that was read."""
    tools: dict[Text, Text]
    command: Text
    calibrate_on: Text | None = None
    """Where the recordings were that quantisation was calibrated on, as an absolute path."""
    rounding: Text | None = None
    """How the codes of weights were chosen; None where the build's options did not say."""
    adapter: Text | None = None
    """Where the adapter was that is merged into the weights, as an absolute path."""


class AsrParts(NamedTuple):
    """What a bundle that transcribes has."""

    prompt: PromptSpec
    decoder: DecoderSpec


class Manifest(StrictStruct, frozen=True):
    """A whole bundle; `require_asr` and `require_aligner` return the parts of one kind of bundle."""

    schema: str
    name: Name
    kind: Kind
    target: Target
    precision: Name
    components: dict[Label, Component]
    features: FeatureSpec
    encoder: EncoderSpec
    languages: Annotated[tuple[Language, ...], msgspec.Meta(max_length=1000)]
    limits: Limits
    selftest: Tolerances
    files: dict[FileName, FileEntry]
    provenance: Provenance
    decoder: DecoderSpec | None = None
    """Of kind "asr"."""
    prompt: PromptSpec | None = None
    """Of kind "asr"."""
    aligner: AlignerSpec | None = None
    """Of kind "aligner"."""
    confidence: ConfidenceSpec | None = None
    """None where nobody measured it: then the runtime has a default, as for `commit`."""
    commit: CommitSpec | None = None

    def require_asr(self) -> AsrParts:
        """Return the parts of a bundle that transcribes.

        Raises:
            BundleError: it is a forced aligner, or its manifest lacks a part.
        """
        if self.kind == "aligner":
            raise BundleError(
                f"{self.name}: this bundle is a forced aligner; it times a text and cannot transcribe. "
                f"Use `edge-asr align`, or name an ASR bundle with --model."
            )
        if self.prompt is None or self.decoder is None:
            raise BundleError(f"{self.name}: its manifest has no prompt or no decoder. Rebuild the bundle.")
        return AsrParts(self.prompt, self.decoder)

    def require_aligner(self) -> AlignerSpec:
        """Return the aligner's part of a bundle.

        Raises:
            BundleError: the bundle transcribes, or its manifest lacks the part.
        """
        if self.kind == "asr":
            raise BundleError(
                f"{self.name}: this bundle transcribes; it is no forced aligner. "
                f"Build one with `edge-asr build-engines aligner`, or use `edge-asr run`."
            )
        if self.aligner is None:
            raise BundleError(f"{self.name}: its manifest has no aligner. Rebuild the bundle.")
        return self.aligner


class _Version(msgspec.Struct):
    schema: str


def encode(manifest: StrictStruct) -> bytes:
    """Write a manifest as JSON with sorted keys, so that equal manifests are equal bytes."""
    compact = msgspec.json.encode(manifest, order="sorted")
    return msgspec.json.format(compact, indent=2) + b"\n"


def decode(data: bytes, source: Path) -> Manifest:
    """Read a manifest strictly.

    Raises:
        ManifestError: it is no JSON, of another schema version, breaks the schema, or holds a value that no
            model has.
    """
    _check_version(data, source)
    try:
        return msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ManifestError(f"{source}: not a valid manifest: {error}. Rebuild the bundle.") from error


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of the manifest."""
    return schema_of(Manifest)


def schema_name(data: bytes) -> str | None:
    """Return the `schema` that a document states, None where it states none."""
    try:
        return msgspec.json.decode(data, type=_Version).schema
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _check_version(data: bytes, source: Path) -> None:
    try:
        version = msgspec.json.decode(data, type=_Version).schema
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ManifestError(f"{source}: not a bundle manifest: {error}. Rebuild the bundle.") from error
    if version == PORTABLE_SCHEMA:
        raise ManifestError(
            f"{source.parent}: a portable bundle, whose graphs are to be compiled on the device: run "
            f"`edge-asr compile {source.parent}` there, and use the bundle that it makes."
        )
    if version != SCHEMA:
        raise ManifestError(
            f"{source}: the manifest is of format {version!r}, this version of edge-asr reads {SCHEMA!r}. "
            f"Update edge-asr, or rebuild the bundle with `edge-asr build-engines`."
        )
