"""Units equal those of both upstreams, and their offsets lead back to the text."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import importlib.util
import json
import unicodedata
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.errors import BackendUnavailableError
from edge_runtime.text.units import Korean, Reference, Unit, korean_words, split_units

GOLDEN = Path(__file__).parents[2] / "golden" / "units.jsonl"
LANGUAGES = [
    "Chinese",
    "English",
    "Cantonese",
    "French",
    "German",
    "Italian",
    "Japanese",
    "Korean",
    "Portuguese",
    "Russian",
    "Spanish",
]
HAS_NAGISA = importlib.util.find_spec("nagisa") is not None
SPLITTERS: list[tuple[Reference, Korean]] = [("qwen_asr", "dictionary"), ("transformers", "eojeol")]

SNIPPETS = [
    "a",
    "'",
    "-",
    " ",
    "\n",
    "é",
    "e\u0301",
    "\u0301",
    "漢",
    "丽",
    "\ufa6e",
    "\ufadf",
    "\u9fff",
    "😀",
    "3",
    "½",
    "ｶﾞ",
    "㍿",
]
mixed = st.lists(st.one_of(st.sampled_from(SNIPPETS), st.characters(exclude_categories=["Cs"]))).map("".join)
spaced_language = st.sampled_from([name for name in LANGUAGES if name not in ("Japanese", "Korean")])


def needs_nagisa(language: str) -> Any:
    marks = (
        [pytest.mark.skipif(not HAS_NAGISA, reason="nagisa is not installed")]
        if language == "Japanese"
        else []
    )
    return pytest.param(language, marks=marks)


def texts(units: tuple[Unit, ...]) -> list[str]:
    return [unit.text for unit in units]


@pytest.fixture(scope="module")
def golden() -> list[dict[str, str]]:
    return [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").rstrip("\n").split("\n")]


@pytest.mark.parametrize("language", [needs_nagisa(name) for name in LANGUAGES])
@pytest.mark.parametrize(("reference", "korean"), SPLITTERS)
def test_equals_both_upstreams_on_golden_texts(
    golden: list[dict[str, str]], language: str, reference: Reference, korean: Korean
) -> None:
    lines = [line for line in golden if line["language"] == language]
    assert len(lines) == 190
    for line in lines:
        units = split_units(line["text"], language, korean=korean, reference=reference)
        assert " ".join(texts(units)) == line.get(reference, line["qwen_asr"]), line


@given(text=mixed, language=spaced_language)
def test_equals_transformers_on_any_text(text: str, language: str) -> None:
    from transformers.models.qwen3_asr.processing_qwen3_asr import Qwen3ASRProcessor  # noqa: PLC0415

    expected = Qwen3ASRProcessor.split_words_for_alignment(None, text, language)
    assert texts(split_units(text, language, reference="transformers")) == expected


@given(text=mixed, language=st.sampled_from([name for name in LANGUAGES if HAS_NAGISA or name != "Japanese"]))
def test_units_are_found_again_at_their_offsets(text: str, language: str) -> None:
    units = split_units(text, language)
    free = 0
    for unit in units:
        assert free <= unit.start <= unit.end <= len(text)
        free = unit.end
        written = text[unit.start : unit.end]
        if language != "Japanese":
            assert unit.text == "".join(c for c in written if c == "'" or unicodedata.category(c)[0] in "LN")
            assert (written[0], written[-1]) == (unit.text[0], unit.text[-1])
    outside = "".join(
        text[a:b]
        for a, b in zip([0, *(u.end for u in units)], [*(u.start for u in units), None], strict=True)
    )
    if language != "Japanese":
        assert not [c for c in outside if c == "'" or unicodedata.category(c)[0] in "LN"]


@pytest.mark.parametrize("text", ["", " \n", "...", "😀 — !", "\u0301"])
@pytest.mark.parametrize("language", [*(needs_nagisa(name) for name in LANGUAGES), None])
def test_nothing_to_align(text: str, language: str | None) -> None:
    assert split_units(text, language) == ()


def test_deleted_characters_do_not_split() -> None:
    assert split_units("“well-known”, 3.14", "English") == (Unit("wellknown", 1, 11), Unit("314", 14, 18))


def test_ideographs_stand_alone_and_words_beside_them_stay_whole() -> None:
    assert texts(split_units("我用iPhone-15拍，ok", "Chinese")) == ["我", "用", "iPhone15", "拍", "ok"]


def test_references_differ_in_the_supplement_and_in_unassigned_code_points() -> None:
    text = "a\U0002f800b \ufa6e"
    assert texts(split_units(text, "Chinese")) == ["a\U0002f800b"]
    assert texts(split_units(text, "Chinese", reference="transformers")) == ["a", "\U0002f800", "b", "\ufa6e"]


def test_korean_stem_or_whole_word() -> None:
    assert texts(split_units("학교에서 갑니다.", "ko")) == ["학교", "에서", "갑니다"]
    assert texts(split_units("학교에서 갑니다.", "Korean", korean="eojeol")) == ["학교에서", "갑니다"]


def test_korean_words_are_those_recorded() -> None:
    path = resources.files("edge_runtime").joinpath("data", "korean_words.txt.gz")
    text = gzip.decompress(path.read_bytes())
    recorded = resources.files("edge_runtime").joinpath("data", "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(text).hexdigest() in recorded
    assert len(korean_words()) == 16_867
    assert len(path.read_bytes()) < 150_000


@pytest.mark.skipif(not HAS_NAGISA, reason="nagisa is not installed")
def test_japanese_offsets_lead_back_to_what_was_written() -> None:
    text = "　ｶﾞｲﾄﾞと㍿、e\u0301です"
    units = split_units(text, "Japanese")
    assert "".join(texts(units)) == "ガイドと株式会社éです"
    written = [text[unit.start : unit.end] for unit in units]
    assert "".join(written) == "ｶﾞｲﾄﾞと㍿e\u0301です"
    assert written[texts(units).index("会社")] == ""


def test_japanese_without_nagisa_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(BackendUnavailableError, match=r"pip install 'edge-asr\[ja\]'"):
        split_units("今日は", "Japanese")


def test_other_languages_do_not_import_nagisa(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib, "import_module", None)
    assert texts(split_units("今日 hello", "English")) == ["今", "日", "hello"]
    assert split_units("", "Japanese") == ()
