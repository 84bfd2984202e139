"""A context's ids are those of the references, markers in it excepted."""

from __future__ import annotations

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.shipped import SHIPPED
from edge_runtime.recognition.options import RequestEncoder, TranscribeOptions
from edge_runtime.text.detokenizer import Detokenizer

BUNDLE = open_bundle(SHIPPED["mini"])
TOKENIZER_FILE = BUNDLE.path("tokenizer.json")
LIBRARY = tokenizers.Tokenizer.from_file(str(TOKENIZER_FILE))
MARKERS = {token.content: token_id for token_id, token in LIBRARY.get_added_tokens_decoder().items()}
ENCODER = RequestEncoder(BUNDLE)


def _ids(context: str) -> list[int]:
    return list(ENCODER.resolve(TranscribeOptions(context=context)).opening_ids)


def _expected(context: str) -> list[int]:
    """The chat template of transformers and of qwen-asr: one text, tokenised as a whole."""
    return LIBRARY.encode(f"<|im_start|>system\n{context}", add_special_tokens=False).ids


@pytest.mark.parametrize(
    "context", ["\n", "\nterm", "\n\n\n a", " \n term", "\r\nterm", "  two", "Zürich", "你好\n", "\tx\n"]
)
def test_a_context_joins_the_line_before_it(context: str) -> None:
    assert _ids(context) == _expected(context)


@given(st.text(st.sampled_from("ab \n\r\t.1é\u0301你")))
def test_any_context_joins_as_in_the_references(context: str) -> None:
    assert _ids(context) == (_expected(context) if context else [])


@pytest.mark.parametrize("marker", sorted(MARKERS))
def test_no_marker_in_a_context_becomes_its_own_id(marker: str) -> None:
    for context in (marker, f"\n{marker}", f"a{marker}b"):
        ids = _ids(context)
        assert MARKERS[marker] not in ids[1:]
        assert Detokenizer(BUNDLE.file("tokenizer.json"), ()).decode(ids) == f"<|im_start|>system\n{context}"
