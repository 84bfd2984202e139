"""Damaged recordings: refused, or taken as far as they go with what is missing said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edge_runtime.audio.notice import Notice
from edge_runtime.errors import AudioError

_MOST_TOLD = 3


class Damage:
    """Refuses a damaged recording, or collects what is wrong where the caller wants what is left.

    Attributes:
        salvage: whether the caller wants what is left.
    """

    def __init__(self, name: str, *, salvage: bool) -> None:
        """Take what messages call the recording, and whether the caller wants what is left of it."""
        self._name, self.salvage = name, salvage
        self._found: list[str] = []

    def report(self, *found: str) -> None:
        """Take what is wrong, each as the rest of a sentence about the recording.

        Raises:
            AudioError: the caller does not want what is left.
        """
        if found and not self.salvage:
            raise AudioError(
                f"{self._name}: damaged: {found[0]}. Copy it again, or take what is there with --salvage."
            )
        self._found += found

    def notices(self) -> Iterator[Notice]:
        """Yield what is missing from a recording that was taken all the same."""
        if self._found:
            yield Notice("salvaged", f"Damaged: {_joined(self._found)}. What could be read was taken.")


def _joined(found: Iterable[str]) -> str:
    told = list(dict.fromkeys(found))
    more = [f"{len(told) - _MOST_TOLD} more faults"] * (len(told) > _MOST_TOLD)
    return "; ".join([*told[:_MOST_TOLD], *more])
