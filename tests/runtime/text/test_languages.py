"""Languages by every name that callers have for them."""

from __future__ import annotations

import pytest

from edge_export.checkpoint.languages import CODES
from edge_runtime.bundle.manifest import Language
from edge_runtime.errors import UsageError
from edge_runtime.text.languages import code_of, find_language, match_language, require_language
from tests.support.manifests import LANGUAGES

ENGLISH, CANTONESE, CHINESE = LANGUAGES
ALL = tuple(Language(name=name, code=code, force_ids=(1,)) for name, code in CODES.items())


def chosen(requested: str) -> tuple[str, str | None]:
    choice = find_language(requested, ALL)
    assert choice is not None
    return choice.language.name, choice.dialect


@pytest.mark.parametrize("name", ["English", "english", "ENGLISH", "en", "EN", " en "])
def test_a_language_is_found_by_name_or_code_in_any_case(name: str) -> None:
    choice = find_language(name, LANGUAGES)
    assert choice is not None
    assert choice.language is ENGLISH


def test_every_language_is_found_by_its_own_name_and_code() -> None:
    for language in ALL:
        assert chosen(language.name) == chosen(language.code) == (language.name, None)


@pytest.mark.parametrize("name", [None, "auto", "AUTO", "Auto", " auto ", "", "  "])
def test_no_language_is_forced_where_detection_is_requested(name: str | None) -> None:
    assert find_language(name, LANGUAGES) is None


@pytest.mark.parametrize(
    ("requested", "name"),
    [
        ("en-US", "English"),
        ("en_GB", "English"),
        ("en_US.UTF-8", "English"),
        ("de_DE@euro", "German"),
        ("pt-BR", "Portuguese"),
        ("zh-CN", "Chinese"),
        ("zh_TW", "Chinese"),
        ("zh-Hant-TW", "Chinese"),
        ("zh-cmn-Hans-CN", "Chinese"),
        ("cmn-Hans-CN", "Chinese"),
        ("zh-yue", "Cantonese"),
        ("zh-HK", "Cantonese"),
        ("yue-Hant-HK", "Cantonese"),
        ("es-419", "Spanish"),
        ("sr-Latn", None),
        ("cmn", "Chinese"),
        ("zho", "Chinese"),
        ("eng", "English"),
        ("deu", "German"),
        ("ger", "German"),
        ("tl", "Filipino"),
        ("fil-PH", "Filipino"),
        ("Tagalog", "Filipino"),
        ("Mandarin", "Chinese"),
        ("mandarin chinese", "Chinese"),
        ("Farsi", "Persian"),
        ("中文", "Chinese"),
        ("普通话", "Chinese"),
        ("粵語", "Cantonese"),
        ("Cantonese (HK)", "Cantonese"),
        ("cantonese (guangdong)", "Cantonese"),
        ("日本語", "Japanese"),
        ("한국어", "Korean"),
        ("Deutsch", "German"),
        ("français", "French"),
        ("ČEŠTINA", "Czech"),
        ("Русский", "Russian"),
        ("हिन्दी", "Hindi"),
        ("Tiếng Việt", "Vietnamese"),
    ],
)
def test_codes_tags_and_own_names_are_resolved(requested: str, name: str | None) -> None:
    if name is None:
        with pytest.raises(UsageError, match="Unknown language"):
            find_language(requested, ALL)
    else:
        assert chosen(requested) == (name, None)


CARD = (
    "Anhui Dongbei Fujian Gansu Guizhou Hebei Henan Hubei Hunan Jiangxi Ningxia Shandong Shaanxi Shanxi "
    "Sichuan Tianjin Yunnan Zhejiang Wu Minnan"
)
"""Dialects of the model card, but for the two of Cantonese, which is a language of the model."""


@pytest.mark.parametrize(
    "requested",
    [
        *CARD.split(),
        "sichuan dialect",
        "四川话",
        "四川方言",
        "Shanghainese",
        "闽南语",
        "zh-nan",
        "wuu",
        "zh-min-nan-TW",
    ],
)
def test_a_dialect_is_chinese_and_is_told(requested: str) -> None:
    assert chosen(requested) == ("Chinese", requested)


def test_a_name_of_the_bundle_comes_before_the_tables() -> None:
    own = Language(name="Sichuan", code="cmn", force_ids=(1,))
    for requested in ("sichuan", "cmn"):
        choice = find_language(requested, (*LANGUAGES, own))
        assert choice is not None
        assert (choice.language, choice.dialect) == (own, None)


@pytest.mark.parametrize("name", ["Klingon", "None", "En glish", "x-US", "-", "en--US", "zh-"])
def test_an_unknown_language_is_refused_with_those_that_exist(name: str) -> None:
    with pytest.raises(
        UsageError, match=r"English \(en\), Cantonese \(yue\), Chinese \(zh\); or auto"
    ) as caught:
        find_language(name, LANGUAGES)
    assert repr(name) in str(caught.value)


def test_a_language_that_is_known_and_not_of_the_bundle_is_named() -> None:
    with pytest.raises(UsageError, match=r"Unknown language 'tl' \(Filipino\)\. This bundle knows"):
        find_language("tl", LANGUAGES)
    with pytest.raises(UsageError, match=r"Language 'sv' \(Swedish\) cannot be aligned"):
        require_language("sv", LANGUAGES)


@pytest.mark.parametrize("name", ["auto", "", "Klingon"])
def test_the_language_of_a_text_must_be_named(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be aligned"):
        require_language(name, LANGUAGES)
    assert require_language("zh-CN", LANGUAGES).language is CHINESE


def test_what_the_model_prints_is_matched_exactly() -> None:
    assert match_language("cantonese", LANGUAGES) is CANTONESE
    assert match_language("Mandarin", LANGUAGES) is None
    assert match_language("", (Language(name="Ukrainian", code="", force_ids=(1,)),)) is None


def test_a_printed_name_has_its_code_and_an_invented_one_has_none() -> None:
    assert code_of("Cantonese", LANGUAGES) == "yue"
    assert code_of("Chinese,english", LANGUAGES) is None
    assert code_of("", LANGUAGES) is None


def test_a_language_that_fine_tuning_added_is_known_by_its_name_alone() -> None:
    added = Language(name="Ukrainian", code=None, force_ids=(1,))
    choice = find_language("ukrainian", (*LANGUAGES, added))
    assert choice is not None
    assert choice.language is added
    assert code_of("Ukrainian", (*LANGUAGES, added)) is None
    with pytest.raises(UsageError, match=r"Chinese \(zh\), Ukrainian; or auto"):
        find_language("xx", (*LANGUAGES, added))
