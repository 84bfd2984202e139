"""Languages by name and by code."""

from __future__ import annotations

import pytest

from edge_runtime.bundle.manifest import Language
from edge_runtime.errors import UsageError
from edge_runtime.text.languages import code_of, find_language
from tests.support.manifests import LANGUAGES

ENGLISH, CANTONESE, CHINESE = LANGUAGES


@pytest.mark.parametrize("name", ["English", "english", "ENGLISH", "en", "EN", " en "])
def test_a_language_is_found_by_name_or_code_in_any_case(name: str) -> None:
    assert find_language(name, LANGUAGES) is ENGLISH


def test_every_language_is_found_by_its_own_name_and_code() -> None:
    for language in LANGUAGES:
        assert find_language(language.name, LANGUAGES) is language
        assert find_language(language.code, LANGUAGES) is language


@pytest.mark.parametrize("name", [None, "auto", "AUTO", "Auto"])
def test_no_language_is_forced_where_detection_is_requested(name: str | None) -> None:
    assert find_language(name, LANGUAGES) is None


@pytest.mark.parametrize("name", ["Klingon", "eng", "", "None", "En glish"])
def test_an_unknown_language_is_refused_with_those_that_exist(name: str) -> None:
    with pytest.raises(
        UsageError, match=r"English \(en\), Cantonese \(yue\), Chinese \(zh\); or auto"
    ) as caught:
        find_language(name, LANGUAGES)
    assert repr(name) in str(caught.value)


def test_a_printed_name_has_its_code_and_an_invented_one_has_none() -> None:
    assert code_of("Cantonese", LANGUAGES) == "yue"
    assert code_of("Chinese,english", LANGUAGES) is None
    assert code_of("", LANGUAGES) is None


def test_a_language_that_fine_tuning_added_is_known_by_its_name_alone() -> None:
    added = Language(name="Ukrainian", code=None, force_ids=(1,))
    assert find_language("ukrainian", (*LANGUAGES, added)) is added
    assert code_of("Ukrainian", (*LANGUAGES, added)) is None
    with pytest.raises(UsageError, match=r"Chinese \(zh\), Ukrainian; or auto"):
        find_language("", (*LANGUAGES, added))
