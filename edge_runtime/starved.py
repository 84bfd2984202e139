"""Tell a lack of memory from other failures."""

from __future__ import annotations

from typing import Final

_SIGNS: Final = (
    "failed to map segment",
    "cannot allocate memory",
    "unable to allocate",
    "out of memory",
    "memory allocation",
    "bad_alloc",
    "can't start new thread",
    "error return without exception set",
)
"""What the dynamic loader, the C library and Python packages say where a library finds no room."""


def is_starved(error: BaseException | None) -> bool:
    """Tell whether an error, or one that it was raised from, is for want of memory."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in _SIGNS):
            return True
        error = error.__cause__ or error.__context__
    return False
