"""Words that fine-tuning added to a vocabulary have ids of their own, as in the `tokenizers` library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tokenizers

from edge_runtime.text.detokenizer import Detokenizer
from edge_runtime.text.tokenizer import Tokenizer
from tests.conftest import MINI_CHECKPOINT

FIRST_ID = 1215
"""Behind the last of the mini; the library counts on, whatever the file says."""
RAW = ("Acme", "Acme Corp", "½ Zoll", "好的")
NORMALIZED = ("éclair", "the éclair")
ADDED = {content: FIRST_ID + index for index, content in enumerate((*RAW, *NORMALIZED))}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = json.loads((MINI_CHECKPOINT / "tokenizer.json").read_text("utf-8"))
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "special"), False)
    file["added_tokens"] += [
        {"id": token_id, "content": content, "normalized": content in NORMALIZED, **flags}
        for content, token_id in ADDED.items()
    ]
    written = tmp_path_factory.mktemp("added") / "tokenizer.json"
    written.write_text(json.dumps(file), "utf-8")
    return written


@pytest.fixture(scope="module")
def tokenizer(path: Path) -> Tokenizer:
    return Tokenizer(path)


@pytest.fixture(scope="module")
def reference(path: Path) -> tokenizers.Tokenizer:
    return tokenizers.Tokenizer.from_file(str(path))


TEXTS = (
    "Acme",
    "an Acme or two",
    "Acme Corp and AcmeAcme Corps",
    "acme ACME",
    "½ Zoll好的½",
    "the éclair, an éclair",
    "the e\u0301clair, an e\u0301clair",
    "it's the éclair of Acme's",
    "they'll say IT'S we've I'm you're he'd don't",
    "",
)


@pytest.mark.parametrize("text", TEXTS)
def test_ids_are_those_of_the_library(
    tokenizer: Tokenizer, reference: tokenizers.Tokenizer, text: str
) -> None:
    assert list(tokenizer.encode(text)) == reference.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize("content", ADDED)
def test_each_is_one_id_and_reads_as_in_the_library(
    tokenizer: Tokenizer, reference: tokenizers.Tokenizer, path: Path, content: str
) -> None:
    assert tokenizer.encode(content) == (ADDED[content],)
    # Letters that spell bytes are taken for those: an é alone is no UTF-8 then.
    assert Detokenizer(path, ()).decode([ADDED[content]]) == reference.decode([ADDED[content]])


def test_the_longest_wins_where_two_begin(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("Acme CorpAcme") == (ADDED["Acme Corp"], ADDED["Acme"])


def test_a_marker_stays_characters_beside_them(tokenizer: Tokenizer, reference: tokenizers.Tokenizer) -> None:
    marker = reference.token_to_id("<asr_text>")
    ids = tokenizer.encode("Acme<asr_text>Acme")
    assert ids[0] == ids[-1] == ADDED["Acme"]
    assert len(ids) > 3
    assert marker not in ids
