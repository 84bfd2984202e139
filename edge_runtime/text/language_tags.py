"""Language tags: `zh-CN`, `pt_BR`, `de_DE.UTF-8`, `zh-yue-HK` and the like name a language of the tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from edge_runtime.text.language_aliases import (
    CHINESE,
    is_dialect,
    name_of_alias,
    name_of_region,
    normal_key,
)

_TAG: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})+")
"""RFC 5646, as far as a language can be read from it: a code, then subtags."""
_LOCALE_END: Final = re.compile(r"[.@].*")
"""What a POSIX locale has behind language and region: the encoding, a modifier."""
_EXTENDED: Final = re.compile(r"[a-z]{3}")
_MIN_NAN: Final = ["min", "nan"]
"""Registered before ISO 639-3 had codes for the languages of China."""


def standard_name(requested: str) -> tuple[str, bool] | None:
    """Return the English name of the language that is meant, and whether a dialect of it was named.

    Args:
        requested: a name in English or in the language, an ISO 639 code, a tag or a locale.

    Returns:
        None where nothing is known by that name.
    """
    key = normal_key(requested)
    known = _name_or_dialect(key)
    if known is not None:
        return known
    tag = _LOCALE_END.sub("", key)
    return _of_tag(tag.split("-")) if _TAG.fullmatch(tag) else _name_or_dialect(tag)


def _name_or_dialect(key: str) -> tuple[str, bool] | None:
    name = name_of_alias(key)
    if name is not None:
        return name, False
    return (CHINESE, True) if is_dialect(key) else None


def _of_tag(subtags: Sequence[str]) -> tuple[str, bool] | None:
    primary, *rest = subtags
    if primary == "zh":
        if rest[:2] == _MIN_NAN:
            return CHINESE, True
        # The extended language, if there is one, is the language: zh-yue is yue.
        extended = _name_or_dialect(rest[0]) if _EXTENDED.fullmatch(rest[0]) else None
        by_region = (name for subtag in rest if (name := name_of_region(primary, subtag)) is not None)
        regional = next(by_region, None)
        if extended or regional:
            return extended or (str(regional), False)
    return _name_or_dialect(primary)
