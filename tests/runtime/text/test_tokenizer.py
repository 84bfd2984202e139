"""Text and ids, with the vocabulary of the mini checkpoint."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.errors import BundleError
from edge_runtime.text.detokenizer import Detokenizer
from edge_runtime.text.tokenizer import Tokenizer
from tests.conftest import MINI_CHECKPOINT

PATH = MINI_CHECKPOINT / "tokenizer.json"
VOCABULARY = tokenizers.Tokenizer.from_file(str(PATH)).get_added_tokens_decoder()
SPECIAL_IDS = {token_id for token_id, token in VOCABULARY.items() if token.special}
TEXT_TAG_ID = next(token_id for token_id, token in VOCABULARY.items() if token.content == "<asr_text>")
TOKENIZER = Tokenizer(PATH)
TEXT_OF = Detokenizer(PATH, SPECIAL_IDS).decode


@given(st.text())
def test_decoding_gives_back_what_was_encoded(text: str) -> None:
    normal = unicodedata.normalize("NFC", text)
    assert TEXT_OF(TOKENIZER.encode(text)) == normal


@pytest.mark.parametrize("token_id", sorted(SPECIAL_IDS))
def test_a_special_token_spelled_out_in_a_text_is_plain_characters(token_id: int) -> None:
    marker = VOCABULARY[token_id].content
    ids = TOKENIZER.encode(f"before{marker}after")
    assert not SPECIAL_IDS & set(ids)
    assert TEXT_OF(ids) == f"before{marker}after"


@given(st.lists(st.sampled_from([VOCABULARY[token_id].content for token_id in sorted(SPECIAL_IDS)])))
def test_no_text_made_of_markers_opens_a_turn(markers: list[str]) -> None:
    assert not SPECIAL_IDS & set(TOKENIZER.encode(" ".join(markers)))


def test_decoding_drops_special_tokens_and_keeps_the_text_tag() -> None:
    hello = TOKENIZER.encode("hello")
    ids = [*SPECIAL_IDS, *hello, TEXT_TAG_ID, *SPECIAL_IDS, *hello]
    assert TEXT_OF(ids) == "hello<asr_text>hello"


def test_an_empty_text_has_no_ids_and_back() -> None:
    assert TOKENIZER.encode("") == ()
    assert TEXT_OF([]) == ""


@pytest.mark.parametrize("content", ["", "{}", "not json", '{"model": {"type": "Nothing"}}'])
def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(BundleError, match=r"tokenizer\.json: not a readable tokenizer"):
        Tokenizer(path)
