"""A whole bundle of hand-made graphs, written in milliseconds, whose answers are planted.

The encoder picks values out of the spectrogram. The decoder looks the next token up in a chain of tokens, so
that speech becomes `SPEECH_TEXT`, silence becomes nothing, and the length of the audio plays no part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import onnx
import tokenizers
from onnx import TensorProto, helper

from edge_runtime.arrays import Array, Waveform
from edge_runtime.bundle.manifest import MANIFEST_NAME, FileEntry, Manifest, encode
from edge_runtime.bundle.manifest_file import DIGEST_NAME, digest_line
from edge_runtime.bundle.specs import Component
from edge_runtime.model.fbank import Fbank
from edge_runtime.text.pre_tokenizer import PATTERN
from edge_runtime.text.tokenizer_file import BYTE_OF
from edge_runtime.verification.selftest import GOLDEN_NAME
from tests.support.graphs import append_rows, constant, save_graph
from tests.support.manifests import (
    DECODER_COMPONENT,
    ENCODER_COMPONENT,
    HIDDEN_SIZE,
    LOGPROB,
    make_manifest,
)

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|audio_start|>", "<|audio_end|>", "<|audio_pad|>")
TAG = "<asr_text>"
SPEECH_ANSWER = ("language", "ĠEnglish", TAG, "Hello", "Ġtiny", "Ġworld", ".", "<|im_end|>")
SILENCE_ANSWER = ("languageĠNone<asr_text>", "<|im_end|>")
LOOP_ANSWER = ("language", "ĠEnglish", TAG, "Hello", "Hello")
"""Repeats its last token for ever."""
SPEECH_TEXT = "Hello tiny world."

_SILENT_FEATURE = -1.5
"""Log-mel value of digital silence: (log10(1e-10) + 4) / 4."""


_SCORED = ("batch", "scored")
CHECKING = {
    "encoder": ENCODER_COMPONENT,
    "decoder": msgspec.structs.replace(
        DECODER_COMPONENT,
        lowering="ort",
        inputs=tuple(
            msgspec.structs.replace(spec, shape=_SCORED) if spec.name == "last_index" else spec
            for spec in DECODER_COMPONENT.inputs
        ),
        outputs=tuple(
            msgspec.structs.replace(spec, shape=_SCORED) if spec.name in ("next_token", "logprob") else spec
            for spec in DECODER_COMPONENT.outputs
        ),
    ),
}
"""Components of a bundle whose decoder scores several tokens of a call."""


def write_tiny_bundle(directory: Path, answer: Sequence[str] = SPEECH_ANSWER, **changes: object) -> Path:
    """Write a bundle.

    Args:
        directory: where to; it must not exist.
        answer: tokens that follow a prompt with sound in it.
        changes: fields of the manifest to set, as in `make_manifest`.
    """
    directory.mkdir(parents=True)
    vocabulary = make_vocabulary()
    manifest = make_manifest(vocabulary, **changes)
    make_tokenizer(vocabulary).save(str(directory / "tokenizer.json"))
    encoder, decoder = manifest.components["encoder"], manifest.components["decoder"]
    save_graph(directory / "encoder.onnx", encoder, encoder_nodes())
    save_graph(
        directory / "decoder.onnx",
        decoder,
        *_decoder_nodes(decoder, vocabulary, answer),
    )
    np.savez(directory / GOLDEN_NAME, **_golden(manifest, vocabulary))
    return seal(directory, manifest)


def seal(directory: Path, manifest: Manifest) -> Path:
    """Write the manifest with the hashes of the files that lie there."""
    names = {component.graph for component in manifest.components.values()} | {"tokenizer.json", GOLDEN_NAME}
    files = {}
    for name in sorted(names):
        data = (directory / name).read_bytes()
        files[name] = FileEntry(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    fields = {name: getattr(manifest, name) for name in manifest.__struct_fields__}
    data = encode(Manifest(**{**fields, "files": files}))
    (directory / MANIFEST_NAME).write_bytes(data)
    (directory / DIGEST_NAME).write_text(digest_line(hashlib.sha256(data).hexdigest()))
    return directory


def tone(num_samples: int, frequency_hz: float = 440.0, sample_rate: int = 16_000) -> Waveform:
    """Return a sine of half the full scale."""
    phase = 2 * np.pi * frequency_hz * np.arange(num_samples) / sample_rate
    return (0.5 * np.sin(phase)).astype(np.float32)


def make_vocabulary() -> dict[str, int]:
    characters = sorted(BYTE_OF)
    words = [word for word in dict.fromkeys((*SPEECH_ANSWER, *SILENCE_ANSWER)) if word not in (TAG, *SPECIAL)]
    starts = [word[:end] for word in words for end in range(2, len(word))]
    return {
        token: token_id
        for token_id, token in enumerate(dict.fromkeys((*characters, *words, *starts, *SPECIAL, TAG)))
    }


def make_tokenizer(vocabulary: dict[str, int]) -> tokenizers.Tokenizer:
    added = (*SPECIAL, TAG)
    plain = {token: token_id for token, token_id in vocabulary.items() if token not in added}
    # A word that the vocabulary has grows from its first character to one token.
    merges = [(token[:-1], token[-1]) for token in plain if len(token) > 1]
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.BPE(plain, sorted(merges, key=lambda pair: len(pair[0])))
    )
    tokenizer.normalizer = tokenizers.normalizers.NFC()
    pieces = tokenizers.pre_tokenizers.Split(tokenizers.Regex(PATTERN), "isolated")
    as_bytes = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([pieces, as_bytes])
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.add_special_tokens(list(SPECIAL))
    tokenizer.add_tokens([TAG])
    return tokenizer


def _golden(manifest: Manifest, vocabulary: dict[str, int]) -> dict[str, Array]:
    waveform = tone(16_000)
    log_mel = Fbank(manifest.features)(waveform)
    embeds = log_mel[:HIDDEN_SIZE, 7 * np.arange(13)].T
    token_ids = np.array([vocabulary[token] for token in SPEECH_ANSWER])
    logprobs = np.full(len(token_ids), LOGPROB, np.float32)
    arrays = {
        "waveform": waveform,
        "log_mel": log_mel,
        "audio_embeds": embeds,
        "token_ids": token_ids,
        "logprobs": logprobs,
    }
    return {f"tone/{name}": array for name, array in arrays.items()}


def encoder_nodes() -> list[onnx.NodeProto]:
    """Token j of a chunk is the first values of its frame 7 j."""
    frames = 7 * np.arange(13)
    return [
        constant("shape_in", [0, 128, -1, 100]),
        constant("frames", frames),
        constant("bins", np.arange(HIDDEN_SIZE)),
        constant("shape_out", [0, -1, HIDDEN_SIZE]),
        helper.make_node("Reshape", ["mel_windows", "shape_in"], ["chunks"]),
        helper.make_node("Gather", ["chunks", "frames"], ["picked"], axis=3),
        helper.make_node("Gather", ["picked", "bins"], ["narrow"], axis=1),
        helper.make_node("Transpose", ["narrow"], ["ordered"], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["ordered", "shape_out"], ["audio_embeddings"]),
    ]


def _scores_many_tokens(decoder: Component) -> bool:
    return any(spec.name == "last_index" and len(spec.shape) > 1 for spec in decoder.inputs)


def _decoder_nodes(
    decoder: Component, vocabulary: dict[str, int], answer: Sequence[str]
) -> tuple[list[onnx.NodeProto], dict[str, Array]]:
    start = vocabulary["\u010a"]  # the byte-level name of the newline that ends the prompt
    chain = np.full(len(vocabulary), vocabulary["<|im_end|>"])
    tokens = [vocabulary[token] for token in answer]
    for token, following in zip([start, *tokens[:-1]], tokens, strict=True):
        chain[token] = following
    silent, end = (vocabulary[token] for token in SILENCE_ANSWER)
    chain[silent] = end
    constants = {
        "chain": chain,
        "start": np.array(start),
        "silent": np.array(silent),
        "threshold": np.array(_SILENT_FEATURE + 0.1, np.float32),
        "logprob_value": np.array(LOGPROB, np.float32),
        "axis_1": np.array([1]),
        "axes_1_3": np.array([1, 3]),
        "zero": np.array(0),
    }
    if _scores_many_tokens(decoder):
        picked = [helper.make_node("GatherElements", ["input_ids", "last_index"], ["last"], axis=1)]
    else:
        picked = [
            helper.make_node("Unsqueeze", ["last_index", "axis_1"], ["last_columns"]),
            helper.make_node("GatherElements", ["input_ids", "last_columns"], ["last_ids"], axis=1),
            helper.make_node("Squeeze", ["last_ids", "axis_1"], ["last"]),
        ]
    nodes = [
        *picked,
        helper.make_node("Gather", ["chain", "last"], ["following"]),
        helper.make_node("ReduceMax", ["audio_embeds"], ["loudest"], keepdims=0),
        helper.make_node("LessOrEqual", ["loudest", "threshold"], ["is_quiet"]),
        helper.make_node("Equal", ["last", "start"], ["is_start"]),
        helper.make_node("And", ["is_quiet", "is_start"], ["is_silence"]),
        helper.make_node("Where", ["is_silence", "silent", "following"], ["next_token"]),
        helper.make_node("Mul", ["last", "zero"], ["zeros"]),
        helper.make_node("Cast", ["zeros"], ["float_zeros"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["float_zeros", "logprob_value"], ["logprob"]),
        helper.make_node("Unsqueeze", ["input_ids", "axes_1_3"], ["columns"]),
        helper.make_node("Cast", ["columns"], ["rows"], to=TensorProto.FLOAT),
        *append_rows(decoder.opset, "past_key_0", "rows", "present_key_0"),
        *append_rows(decoder.opset, "past_value_0", "rows", "present_value_0"),
    ]
    return nodes, constants
