"""The text of ids equals that of the `tokenizers` library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.errors import BundleError
from edge_runtime.text.detokenizer import Detokenizer
from tests.conftest import MINI_CHECKPOINT

MINI = MINI_CHECKPOINT / "tokenizer.json"
LIBRARY = tokenizers.Tokenizer.from_file(str(MINI))
NUM_TOKENS = LIBRARY.get_vocab_size()
PLAIN = Detokenizer(MINI, ())


@given(st.lists(st.integers(0, NUM_TOKENS + 100)))
def test_text_is_that_of_the_library(ids: list[int]) -> None:
    assert PLAIN.decode(ids) == LIBRARY.decode(ids, skip_special_tokens=False)


def test_every_token_alone_is_that_of_the_library() -> None:
    actual = [PLAIN.decode([token_id]) for token_id in range(NUM_TOKENS)]
    assert actual == [LIBRARY.decode([token_id], skip_special_tokens=False) for token_id in range(NUM_TOKENS)]


def test_special_ids_are_left_out() -> None:
    hello = LIBRARY.encode("hello").ids
    special = LIBRARY.get_added_tokens_decoder()
    ids = {token_id for token_id, token in special.items() if token.special}
    assert Detokenizer(MINI, ids).decode([*ids, *hello, *ids, *hello]) == "hellohello"


def test_half_a_character_becomes_a_replacement_mark() -> None:
    first, *_ = LIBRARY.encode("\U0001f600").ids
    assert PLAIN.decode([first]) == "\ufffd"


def test_ids_without_a_token_have_no_text() -> None:
    assert PLAIN.decode([-1, NUM_TOKENS, 10**9]) == ""


@pytest.mark.parametrize(
    "content", ["", "{}", "not json", '{"model": {"vocab": {"a": "b"}}, "decoder": {"type": "ByteLevel"}}']
)
def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(BundleError, match=r"tokenizer\.json: not a readable tokenizer"):
        Detokenizer(path, ())


def test_tokens_that_are_spelled_otherwise_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"model": {"vocab": {"a": 0}}, "decoder": {"type": "Metaspace"}}))
    with pytest.raises(BundleError, match="'Metaspace'"):
        Detokenizer(path, ())
