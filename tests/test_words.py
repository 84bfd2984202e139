"""Names are the field's words: none of those that were replaced comes back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
FOLDERS: Final = ("edge_runtime", "export", "bench", "tests")
DOCUMENTS: Final = ("*.md", "docs/**/*.md", "export/*.md", "engines/*.md", "bench/*.md")

# What each became stands in docs/adr/0011-packages.md.
# fmt: off
REPLACED: Final = frozenset({
    "Question", "Wording", "Listener", "Heard", "Decoded", "Transcribed", "decode_together", "in_order",
    "take_audio", "Patience", "CheckDecoder", "checks_many", "run_ahead", "RunsAhead", "MOST_AHEAD",
    "Slots", "SURE_MARGIN", "EXACT_MARGIN", "FirstDraft", "scores_many", "gives_back", "OrtPlace",
    "EngineSession", "EngineBinding", "EngineTensor", "EngineRunner", "Execution", "BoundMemory",
    "translated", "refusal", "engine_of", "audio_info", "Notice", "find_sound", "bridge_s", "shortest_s",
    "with_margin", "spoken_range", "cut_range", "seen_from", "Joined", "restore_words", "SlotClassifier",
    "SlotClasses", "time_words", "as_fine_as", "document_of", "asr_parts", "aligner_spec_of",
    "require_engines", "Vocabulary", "graph_form", "Gating", "write_hollow", "round_all", "Rounded",
    "to_blobs", "rough_copy", "Listening", "hear_both", "remedy", "asked_limit", "SlotLimits",
    "SlotGateRecord", "open_slot_gate",
})
# fmt: on
PARTS: Final = re.compile(
    r"(?:^|_)(?:asked|heard|told|most|least)(?:_|$)|quantis|recognis|normalis|serialis", re.IGNORECASE
)
WHOLE: Final = frozenset({"found"})
# Keys of documents that other programs read.
KEPT: Final = frozenset({"asked"})


def _identifiers(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and name of everything that a file names: definitions, variables, parameters, attributes."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            # Names of tests are sentences.
            if not node.name.startswith(("test_", "Test")):
                yield line, node.name
        elif isinstance(node, ast.Name):
            yield line, node.id
        elif isinstance(node, ast.Attribute):
            yield line, node.attr
        elif isinstance(node, ast.arg | ast.keyword) and node.arg:
            yield line, node.arg


def _is_replaced(name: str) -> bool:
    return name not in KEPT and (name in REPLACED or name in WHOLE or PARTS.search(name) is not None)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_replaced_word_is_an_identifier(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    problems = {
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in files
        for line, name in _identifiers(path)
        if _is_replaced(name)
    }
    assert sorted(problems) == []


def test_no_document_quotes_a_replaced_name() -> None:
    documents = sorted(
        {path for pattern in DOCUMENTS for path in ROOT.glob(pattern)} - {ROOT / "CHANGELOG.md"}
    )
    quoted = re.compile(r"`([A-Za-z_][\w.]*)[`(]")
    problems = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in documents
        for text in quoted.findall(path.read_text("utf-8"))
        for name in text.split(".")
        if name in REPLACED
    ]
    assert problems == []


def test_replaced_words_are_seen() -> None:
    assert all(
        map(
            _is_replaced,
            ("heard", "slots_asked", "most_slots", "_MOST_ROWS", "Quantised", "found", "Question"),
        )
    )
    assert not any(map(_is_replaced, ("almost", "foundry", "quantize", "shard", "lastingly", "max_slots")))
