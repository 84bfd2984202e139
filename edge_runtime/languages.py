"""Find a language by what a person calls it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_runtime.errors import UsageError
from edge_runtime.manifest import Language

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
    wanted = name_or_code.strip().lower()
    for language in languages:
        if wanted in (language.name.lower(), language.code.lower()):
            return language
    known = ", ".join(f"{language.name} ({language.code})" for language in languages)
    raise UsageError(f"Unknown language {name_or_code!r}. This bundle knows: {known}; or {AUTO}.")


def code_of(name: str, languages: Sequence[Language]) -> str | None:
    """Return the code of a language name that the model printed, or None if it is not a known one."""
    return next((language.code for language in languages if language.name == name), None)
