"""The language that a client names."""

from __future__ import annotations

from collections.abc import Sequence

from edge_runtime.serve.http.errors import ApiError
from edge_runtime.serve.model.messages import NamedLanguage
from edge_runtime.text.language_tags import standard_name
from edge_runtime.text.languages import AUTO


def language_name(
    requested: str | None, languages: Sequence[NamedLanguage], param: str = "language"
) -> str | None:
    """Return the name of a language by any of its names, None where it is to be detected.

    Args:
        requested: "English", "en", "en-US", "中文" …; None, "" or "auto" to detect it.
        languages: of the bundle.
        param: the field, for the error.

    Raises:
        ApiError: the bundle has no such language.
    """
    key = (requested or "").strip().lower()
    if key in ("", AUTO):
        return None
    standard = standard_name(key)
    keys = {key, standard[0].lower()} if standard else {key}
    for language in languages:
        if {language.name.lower(), (language.code or language.name).lower()} & keys:
            return language.name
    known = ", ".join(one.code or one.name for one in languages)
    raise ApiError(f"{param} is {key[:80]!r}, and this model knows: {known}.", param=param)
