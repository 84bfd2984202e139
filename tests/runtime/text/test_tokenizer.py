"""Text and ids, with the vocabulary of the mini checkpoint."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.errors import BundleError, UsageError
from edge_runtime.text.detokenizer import Detokenizer
from edge_runtime.text.tokenizer import Tokenizer
from tests.conftest import MINI_CHECKPOINT

PATH = MINI_CHECKPOINT / "tokenizer.json"
VOCABULARY = tokenizers.Tokenizer.from_file(str(PATH)).get_added_tokens_decoder()
SPECIAL_IDS = {token_id for token_id, token in VOCABULARY.items() if token.special}
MARKER_IDS = set(VOCABULARY)
TEXT_TAG_ID = next(token_id for token_id, token in VOCABULARY.items() if token.content == "<asr_text>")
TOKENIZER = Tokenizer(PATH)
TEXT_OF = Detokenizer(PATH, SPECIAL_IDS).decode


@given(st.text())
def test_decoding_gives_back_what_was_encoded(text: str) -> None:
    normal = unicodedata.normalize("NFC", text)
    assert TEXT_OF(TOKENIZER.encode(text)) == normal


@pytest.mark.parametrize("token_id", sorted(MARKER_IDS))
def test_a_marker_spelled_out_in_a_text_is_plain_characters(token_id: int) -> None:
    marker = VOCABULARY[token_id].content
    ids = TOKENIZER.encode(f"before{marker}after")
    assert not MARKER_IDS & set(ids)
    assert TEXT_OF(ids) == f"before{marker}after"


@given(st.lists(st.sampled_from([VOCABULARY[token_id].content for token_id in sorted(MARKER_IDS)])))
def test_no_text_made_of_markers_opens_a_turn(markers: list[str]) -> None:
    assert not MARKER_IDS & set(TOKENIZER.encode(" ".join(markers)))


def test_decoding_drops_special_tokens_and_keeps_the_text_tag() -> None:
    hello = TOKENIZER.encode("hello")
    ids = [*SPECIAL_IDS, *hello, TEXT_TAG_ID, *SPECIAL_IDS, *hello]
    assert TEXT_OF(ids) == "hello<asr_text>hello"


def test_an_empty_text_has_no_ids_and_back() -> None:
    assert TOKENIZER.encode("") == ()
    assert TEXT_OF([]) == ""


@pytest.mark.parametrize(
    "content",
    ["", "{}", "not json", '{"model": {"vocab": {}}}', '{"model": {"vocab": {"a": "b"}, "merges": []}}'],
)
def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(
        BundleError, match=r"tokenizer\.json: (not a readable tokenizer|its normalizer is null)"
    ):
        Tokenizer(path)


def changed(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Write the mini's tokenizer with a change."""
    content = json.loads(PATH.read_text("utf-8"))
    change(content)
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(content), "utf-8")
    return path


MISTRAL = {"Regex": r"[^\r\n\p{L}\p{N}]?[\p{Lu}]+|\p{N}"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda file: file["model"].update(type="Unigram", vocab=[["a", -1.5]]), "its model is 'Unigram'"),
        (lambda file: file["model"].update(ignore_merges=True), "its model has ignore_merges True"),
        (
            lambda file: file["model"].update(end_of_word_suffix="</w>"),
            "its model has end_of_word_suffix '</w>'",
        ),
        (lambda file: file.update(normalizer=None), "its normalizer is null"),
        (lambda file: file.update(normalizer={"type": "NFKC"}), 'its normalizer is {"type": "NFKC"}'),
        (lambda file: file["pre_tokenizer"]["pretokenizers"][0].update(pattern=MISTRAL), r"[\\p{Lu}]+"),
        (lambda file: file["pre_tokenizer"]["pretokenizers"][1].update(use_regex=True), '"use_regex": true'),
        (
            lambda file: file.update(pre_tokenizer={"type": "Whitespace"}),
            'its pre_tokenizer is {"type": "Whitespace"}',
        ),
        (
            lambda file: file["added_tokens"][-1].update(lstrip=True),
            "its added token '<timestamp>' depends on",
        ),
    ],
)
def test_a_tokenizer_of_another_kind_is_refused_by_name(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], problem: str
) -> None:
    with pytest.raises(BundleError, match=rf"tokenizer\.json: .*{re.escape(problem)}.*rebuild the bundle"):
        Tokenizer(changed(tmp_path, change))


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file["model"]["merges"].append(["a", "no such token"]),
        lambda file: file["model"]["merges"].append("three parts here"),
        lambda file: file["model"]["vocab"].pop("a"),
    ],
)
def test_a_vocabulary_with_a_gap_is_refused(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    with pytest.raises(BundleError, match=r"tokenizer\.json: not a readable tokenizer"):
        Tokenizer(changed(tmp_path, change))


def test_half_of_a_surrogate_pair_is_refused_as_wrong_usage() -> None:
    with pytest.raises(UsageError, match=r"'a\\udc80b' is not valid Unicode"):
        TOKENIZER.encode("a\udc80b")
