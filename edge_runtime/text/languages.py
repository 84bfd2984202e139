"""Find a language by its name or its code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_runtime.bundle.manifest import Language
from edge_runtime.errors import UsageError

AUTO: Final = "auto"


def find_language(name_or_code: str | None, languages: Sequence[Language]) -> Language | None:
    """Look a language up.

    Args:
        name_or_code: "English", "english", "en"; None or "auto" to let the model detect it.
        languages: those of the bundle.

    Raises:
        UsageError: the bundle has no such language.
    """
    if name_or_code is None or name_or_code.lower() == AUTO:
        return None
    language = match_language(name_or_code, languages)
    if language is None:
        raise UsageError(
            f"Unknown language {name_or_code!r}. This bundle knows: {_listed(languages)}; or {AUTO}."
        )
    return language


def require_language(name_or_code: str, languages: Sequence[Language]) -> Language:
    """Look up the language of a text to align; it cannot be detected, so "auto" is refused.

    Raises:
        UsageError: the bundle has no such language.
    """
    language = match_language(name_or_code, languages)
    if language is None:
        raise UsageError(
            f"Language {name_or_code!r} cannot be aligned. This bundle aligns: {_listed(languages)}."
        )
    return language


def match_language(name_or_code: str, languages: Sequence[Language]) -> Language | None:
    """Return the language of that name or code, or None."""
    query = name_or_code.strip().lower()
    names = ((language, (language.name.lower(), (language.code or "").lower())) for language in languages)
    return next((language for language, aliases in names if query and query in aliases), None)


def code_of(name: str, languages: Sequence[Language]) -> str | None:
    """Return the code of a language name in the model's output, or None if the bundle does not list it."""
    return next((language.code for language in languages if language.name == name), None)


def _listed(languages: Sequence[Language]) -> str:
    return ", ".join(map(label, languages))


def label(language: Language) -> str:
    """Return a language's name, with its code where there is one."""
    return f"{language.name} ({language.code})" if language.code else language.name
