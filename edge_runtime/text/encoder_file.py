"""What of a `tokenizer.json` decides the ids of a text, and whether that is Qwen2's way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from edge_runtime.errors import BundleError
from edge_runtime.opened_file import OpenedFile
from edge_runtime.text.pre_tokenizer import PATTERN
from edge_runtime.text.tokenizer_file import AddedToken, read_tokenizer_file

_QWEN2: Final[dict[str, Any]] = {
    "normalizer": {"type": "NFC"},
    "pre_tokenizer": {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False},
            {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False},
        ],
    },
}
"""The only normalizer and pre-tokenizer that is read."""
_OPTIONS: Final = (
    *("dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback", "ignore_merges"),
)
"""Options of a BPE model that change its ids; in Qwen2's they are off."""


class _Scheme(msgspec.Struct):
    type: str = "BPE"
    dropout: float | None = None
    continuing_subword_prefix: str | None = None
    end_of_word_suffix: str | None = None
    byte_fallback: bool = False
    ignore_merges: bool = False


class _Kind(msgspec.Struct):
    model: _Scheme
    normalizer: Any = None
    pre_tokenizer: Any = None
    added_tokens: list[AddedToken] = []


class _Model(msgspec.Struct):
    vocab: dict[str, int]
    merges: list[str | tuple[str, str]]


class EncoderFile(msgspec.Struct):
    """The fields of a Qwen2 `tokenizer.json` that decide the ids of a text."""

    model: _Model
    added_tokens: list[AddedToken] = []


def read_encoder_file(path: Path | OpenedFile) -> EncoderFile:
    """Read a `tokenizer.json` of Qwen2's kind.

    Raises:
        BundleError: the file is not readable, or tokenizes otherwise; the message names the difference.
    """
    # The kind first: the vocabulary of another one has another form.
    for problem in _problems(read_tokenizer_file(path, _Kind)):
        raise BundleError(
            f"{path}: {problem}. The runtime encodes as Qwen2 does; rebuild the bundle from a Qwen3-ASR "
            f"checkpoint."
        )
    return read_tokenizer_file(path, EncoderFile)


def _problems(file: _Kind) -> Iterator[str]:
    """Yield what of a tokenizer is not Qwen2's, by name."""
    if file.model.type != "BPE":
        yield f"its model is {file.model.type!r}"
    for option in _OPTIONS:
        if value := getattr(file.model, option):
            yield f"its model has {option} {value!r}"
    for field, expected in _QWEN2.items():
        actual = _without(getattr(file, field), "trim_offsets")
        if actual != expected:
            yield f"its {field} is {json.dumps(actual, ensure_ascii=False)}"
    for token in file.added_tokens:
        if not token.special and (token.single_word or token.lstrip or token.rstrip):
            yield f"its added token {token.content!r} depends on the characters around it"


def _without(value: Any, key: str) -> Any:
    """Return JSON without a key, however deep."""
    if isinstance(value, dict):
        return {name: _without(inner, key) for name, inner in value.items() if name != key}
    return [_without(inner, key) for inner in value] if isinstance(value, list) else value
