"""The runtime's ids equal those of the `tokenizers` library, which it does without."""

from __future__ import annotations

import gzip
import hashlib
import json
import unicodedata
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, pre_tokenizers

from edge_export.checkpoint.tokenizer import load_tokenizer
from edge_runtime.text.pre_tokenizer import PATTERN, normalize, split
from edge_runtime.text.tokenizer import Tokenizer
from tests.conftest import MINI_CHECKPOINT
from tests.support.texts import COMMON, SCRIPTS, WHITE_SPACE, random_texts

CHARACTERS = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
MIXED = st.lists(st.one_of(st.text(max_size=5), st.sampled_from([*COMMON, *WHITE_SPACE]))).map("".join)


class Pair:
    """The same vocabulary in the runtime and in the library."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ours = Tokenizer(path)
        content = json.loads(path.read_text("utf-8"))
        for token in content["added_tokens"]:
            # Here alone the library is not followed: a marker in a text is plain characters, flagged or not.
            token["special"] |= token["content"].startswith("<") and token["content"].endswith(">")
        self._library = tokenizers.Tokenizer.from_str(json.dumps(content))
        self._library.encode_special_tokens = True

    def expected(self, text: str) -> tuple[int, ...]:
        return tuple(self._library.encode(text, add_special_tokens=False).ids)

    def differences(self, texts: list[str]) -> list[str]:
        return [text for text in texts if self.ours.encode(text) != self.expected(text)]


@pytest.fixture(scope="session")
def released_json(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("released-json") / "tokenizer.json"
    path.write_text(load_tokenizer(released / "Qwen3-ASR-0.6B").to_json(), "utf-8")
    return path


@pytest.fixture(scope="session", params=["mini", "released"])
def pair(request: pytest.FixtureRequest) -> Pair:
    if request.param == "mini":
        return Pair(MINI_CHECKPOINT / "tokenizer.json")
    return Pair(request.getfixturevalue("released_json"))


def test_ids_equal_the_library_on_texts_of_many_scripts(pair: Pair) -> None:
    assert len(SCRIPTS) > 20
    assert pair.differences(list(random_texts(2000, seed=1))) == []


@pytest.mark.slow
def test_ids_equal_the_library_on_a_hundred_thousand_texts(released_json: Path) -> None:
    pair = Pair(released_json)
    assert pair.differences(list(random_texts(100_000, seed=2))) == []


@given(text=MIXED)
def test_ids_equal_the_library_on_any_text(pair: Pair, text: str) -> None:
    assert pair.ours.encode(text) == pair.expected(text)


@pytest.mark.parametrize(
    "text", ["a" * 5000, "你" * 5000, " " * 5000, "ab" * 2500, "!" * 5000, "e\u0301" * 2000]
)
def test_ids_equal_the_library_on_long_runs(pair: Pair, text: str) -> None:
    assert pair.ours.encode(text) == pair.expected(text)


@pytest.mark.parametrize("step", [53, pytest.param(1, marks=pytest.mark.slow)])
def test_every_character_is_of_the_class_that_the_library_gives_it(step: int) -> None:
    library = pre_tokenizers.Split(Regex(PATTERN), "isolated")
    chosen = CHARACTERS[::step]
    for first in range(0, len(chosen), 2000):
        # A letter, a number, white space, a line break and another character each split this differently.
        text = "".join(f"a{char}{char}a \n{char}1" for char in chosen[first : first + 2000])
        assert list(split(text)) == [piece for piece, _ in library.pre_tokenize_str(text)], hex(first)


def test_every_character_is_normalized_as_the_library_does() -> None:
    library = tokenizers.normalizers.NFC().normalize_str
    involved = [
        char
        for char in CHARACTERS
        if unicodedata.combining(char) or not unicodedata.is_normalized("NFD", char)
    ]
    assert len(involved) > 10_000
    for char in involved:
        for form in (char, unicodedata.normalize("NFD", char)):
            for text in (f"a{form}\u0300", f"a\u0315{form}\u0334", f"\u0345{form}", f"e\u0323{form}\u0301"):
                assert normalize(text) == library(text), ascii(text)


def test_the_table_of_classes_is_the_one_that_its_source_describes() -> None:
    folder = resources.files("edge_runtime").joinpath("data")
    table = gzip.decompress(folder.joinpath("character_classes.txt.gz").read_bytes())
    assert hashlib.sha256(table).hexdigest() in folder.joinpath("README.md").read_text("utf-8")


def changed(path: Path, folder: Path, **model: Any) -> Path:
    """Write a tokenizer.json with other added tokens, or other options of its model."""
    content = json.loads(path.read_text("utf-8"))
    content["added_tokens"] += model.pop("added_tokens", [])
    content["model"] |= model
    target = folder / "tokenizer.json"
    target.write_text(json.dumps(content), "utf-8")
    return target


def test_tokens_that_a_user_has_added_are_found_as_the_library_does(tmp_path: Path) -> None:
    path = MINI_CHECKPOINT / "tokenizer.json"
    first_id = tokenizers.Tokenizer.from_file(str(path)).get_vocab_size()
    flags = {"single_word": False, "lstrip": False, "rstrip": False}
    tokens = [
        ("e\u0301tude", True),
        ("\u00e9tude", False),
        ("study", True),
        ("study<asr_text>", False),
        ("stud", False),
    ]
    added = [
        {"id": first_id + at, "content": content, "normalized": normalized, "special": False, **flags}
        for at, (content, normalized) in enumerate(tokens)
    ]
    pair = Pair(changed(path, tmp_path, added_tokens=added))
    parts = ["e\u0301tude", "\u00e9tude", "study", "<asr_text>", "stud", "<|im_end|>", " ", "\u0301"]
    texts = [f"{a}{b}{c}" for a in parts for b in parts for c in parts]
    assert pair.differences(texts) == []


def test_merges_written_as_one_string_are_the_same(tmp_path: Path) -> None:
    path = MINI_CHECKPOINT / "tokenizer.json"
    merges = [" ".join(pair) for pair in json.loads(path.read_text("utf-8"))["model"]["merges"]]
    ours = Tokenizer(changed(path, tmp_path, merges=merges))
    assert ours.encode("Dim the reading lamp.") == Tokenizer(path).encode("Dim the reading lamp.")
