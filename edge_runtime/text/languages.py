"""Find a language of a bundle by any of its names: the one place that the commands and the API share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_runtime.bundle.manifest import Language
from edge_runtime.errors import UsageError
from edge_runtime.text.language_tags import standard_name

AUTO: Final = "auto"


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A language that the caller chose.

    Attributes:
        language: of the bundle.
        dialect: what the caller named, where it is a dialect that is transcribed as that language.
    """

    language: Language
    dialect: str | None = None


def find_language(requested: str | None, languages: Sequence[Language]) -> LanguageChoice | None:
    """Look a language up.

    Args:
        requested: "English", "en", "eng", "en-US", "中文", "Sichuan" …; None, "" or "auto" to let the model
            detect it.
        languages: those of the bundle.

    Raises:
        UsageError: the bundle has no such language.
    """
    if requested is None or requested.strip().lower() in ("", AUTO):
        return None
    choice = _choose(requested, languages)
    if choice is None:
        raise UsageError(
            f"{_unknown(requested, 'Unknown language')}. This bundle knows: {_listed(languages)}; or {AUTO}."
        )
    return choice


def require_language(requested: str, languages: Sequence[Language]) -> LanguageChoice:
    """Look up the language of a text to align; it cannot be detected, so "auto" is refused.

    Raises:
        UsageError: the bundle has no such language.
    """
    choice = _choose(requested, languages)
    if choice is None:
        raise UsageError(
            f"{_unknown(requested, 'Language')} cannot be aligned. This bundle aligns: {_listed(languages)}."
        )
    return choice


def match_language(name_or_code: str, languages: Sequence[Language]) -> Language | None:
    """Return the language of exactly that name or code, in any case, or None."""
    query = name_or_code.strip().lower()
    names = ((language, (language.name.lower(), language.code.lower())) for language in languages)
    return next((language for language, own in names if query and query in own), None)


def code_of(name: str, languages: Sequence[Language]) -> str | None:
    """Return the code of a language name in the model's output, or None if the bundle does not list it."""
    return next((language.code for language in languages if language.name == name), None)


def _choose(requested: str, languages: Sequence[Language]) -> LanguageChoice | None:
    # A bundle's own names come first: a fine-tuned model may know one that the tables have for another.
    own = match_language(requested, languages)
    if own is not None:
        return LanguageChoice(own)
    standard = standard_name(requested)
    language = None if standard is None else match_language(standard[0], languages)
    if standard is None or language is None:
        return None
    return LanguageChoice(language, requested.strip() if standard[1] else None)


def _unknown(requested: str, subject: str) -> str:
    """Name what was asked for, and the language that it means where that is another word."""
    standard = standard_name(requested)
    if standard is None or standard[0].lower() == requested.strip().lower():
        return f"{subject} {requested!r}"
    return f"{subject} {requested!r} ({standard[0]})"


def _listed(languages: Sequence[Language]) -> str:
    return ", ".join(f"{language.name} ({language.code})" for language in languages)
