"""The manifest: everything the runtime must know of a bundle, written by the exporter that knew it.

Nothing is inferred from a file name, a model name or a library version. The format is normative
(`engines/README.md`) and versioned; its JSON Schema is generated from the classes below.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import msgspec

from edge_runtime.bundle.engine_record import EngineRecord
from edge_runtime.bundle.record import Record
from edge_runtime.errors import ManifestError

SCHEMA: Final = "edge-asr/bundle@2"
MANIFEST_NAME: Final = "manifest.json"

Target = Literal["ort-cpu", "ort-cuda", "tensorrt", "tensorrt-rtx"]
Kind = Literal["asr", "aligner"]


class TensorSpec(Record, frozen=True):
    """One graph input or output. A string in `shape` names a dynamic dimension."""

    name: str
    dtype: Literal["float32", "float16", "bfloat16", "int64", "int32", "int8", "bool"]
    shape: tuple[int | str, ...]


class Component(Record, frozen=True):
    """One graph of the bundle; `graph` is a key of `Manifest.files`, an ONNX file or a serialised engine."""

    graph: str
    precision: str
    lowering: str
    opset: int
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    engine: EngineRecord | None = None
    """Of targets "tensorrt" and "tensorrt-rtx"."""


class FeatureSpec(Record, frozen=True):
    """Parameters of the log-mel front end; `edge_runtime.model.fbank` is their only reader."""

    sample_rate: int
    n_fft: int
    hop_length: int
    n_mels: int
    fmin: float
    fmax: float
    mel_scale: Literal["slaney"]
    mel_norm: Literal["slaney"]
    log_floor: float
    dynamic_range: float
    min_samples: int


class EncoderSpec(Record, frozen=True):
    """Geometry of the audio encoder, in mel frames and audio tokens."""

    chunk_frames: int
    chunk_tokens: int
    window_frames: int
    hidden_size: int
    output_size: int


class DecoderSpec(Record, frozen=True):
    """Geometry of the text decoder and of its key/value cache."""

    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    hidden_size: int
    vocab_size: int
    kv_dtype: Literal["float32", "float16", "bfloat16"]
    kv_capacity: int | None
    """Cache rows fixed in the graph, or None where the capacity is chosen at run time."""


class PromptSpec(Record, frozen=True):
    """Token ids around context and audio, derived from the checkpoint's own tokenizer.

    prompt = before_context + context + before_audio + audio_id × A + after_audio [+ forced language]
    """

    before_context: tuple[int, ...]
    before_audio: tuple[int, ...]
    audio_id: int
    after_audio: tuple[int, ...]
    text_tag: str
    text_tag_id: int
    eos_ids: tuple[int, ...]
    special_ids: tuple[int, ...]
    """Ids removed when generated ids are decoded; the text tag is not among them."""


class AlignerSpec(Record, frozen=True):
    """The forced aligner's prompt and its answer.

    prompt = audio_start_id + audio_id × A + audio_end_id + for each unit of the text (its ids + slot_id × 2)

    No chat markers: three more tokens in front of the audio shift the times. The class that the model names
    at a slot, times `bin_ms`, is when the unit before it starts (first slot) or ends (second slot).
    """

    num_classes: int
    bin_ms: float
    audio_start_id: int
    audio_id: int
    audio_end_id: int
    slot_id: int
    hidden_size: int
    max_positions: int
    """Longest prompt, in tokens."""
    max_audio_s: float
    """Longest audio in one pass; longer recordings are aligned window by window."""


class Language(Record, frozen=True):
    """A language of the model: its name in the prompt, its code, and the ids that force it."""

    name: str
    code: str
    force_ids: tuple[int, ...]


class Limits(Record, frozen=True):
    """What the bundle accepts in one request; beyond it a request is refused, never cut."""

    max_audio_s: float
    max_positions: int
    max_new_tokens: int
    """0 for an aligner, which generates nothing."""
    prefill_chunk: int
    """Longest piece of prompt handed to the decoder graph at once; it bounds memory. 0 for an aligner."""
    encoder_batch: int
    """Most encoder windows handed to the encoder graph at once; it bounds peak memory."""


class Tolerances(Record, frozen=True):
    """How far the self-test may be from the stored reference answers, per stage, as largest difference."""

    features: float
    encoder: float
    logprobs: float
    tokens: float
    """Differing tokens, of all stored ones; for an aligner, differing classes."""


class FileEntry(Record, frozen=True):
    """Size and hash of one file of the bundle."""

    bytes: int
    sha256: str


class Provenance(Record, frozen=True):
    """Where the bytes came from."""

    model_id: str
    revision: str | None
    layout: Literal["hf", "original"]
    architecture: str
    checkpoint_files: dict[str, str]
    """File name → sha256 of every checkpoint file that was read."""
    tools: dict[str, str]
    command: str
    calibrate_on: str | None = None
    """Where the recordings were that quantisation was calibrated on, as an absolute path."""
    rounding: str | None = None
    """How codes were chosen, where the build was told."""


class Manifest(Record, frozen=True):
    """A whole bundle. `kind.py` hands out the parts that only one kind of bundle has."""

    schema: str
    name: str
    kind: Kind
    target: Target
    precision: str
    components: dict[str, Component]
    features: FeatureSpec
    encoder: EncoderSpec
    languages: tuple[Language, ...]
    limits: Limits
    selftest: Tolerances
    files: dict[str, FileEntry]
    provenance: Provenance
    decoder: DecoderSpec | None = None
    """Of kind "asr"."""
    prompt: PromptSpec | None = None
    """Of kind "asr"."""
    aligner: AlignerSpec | None = None
    """Of kind "aligner"."""


class _Version(msgspec.Struct):
    schema: str


def encode(manifest: Manifest) -> bytes:
    """Write a manifest as JSON with sorted keys, so that equal manifests are equal bytes."""
    compact = msgspec.json.encode(manifest, order="sorted")
    return msgspec.json.format(compact, indent=2) + b"\n"


def decode(data: bytes, source: Path) -> Manifest:
    """Read a manifest strictly.

    Raises:
        ManifestError: it is no JSON, of another schema version, or breaks the schema.
    """
    _check_version(data, source)
    try:
        return msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ManifestError(f"{source}: not a valid manifest: {error}. Rebuild the bundle.") from error


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of the manifest."""
    return msgspec.json.schema(Manifest)


def _check_version(data: bytes, source: Path) -> None:
    try:
        found = msgspec.json.decode(data, type=_Version).schema
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ManifestError(f"{source}: not a bundle manifest: {error}. Rebuild the bundle.") from error
    if found != SCHEMA:
        raise ManifestError(
            f"{source}: the manifest is of format {found!r}, this version of edge-asr reads {SCHEMA!r}. "
            f"Update edge-asr, or rebuild the bundle with `edge-asr build-engines`."
        )
