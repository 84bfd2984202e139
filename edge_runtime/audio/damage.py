"""Damaged recordings: refused, or taken as far as they go with what is missing said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edge_runtime.audio.notice import AudioNotice
from edge_runtime.errors import AudioError

_MAX_LISTED = 3


class Damage:
    """Refuses a damaged recording, or collects what is wrong where the caller wants what is left.

    Attributes:
        salvage: whether the caller wants what is left.
    """

    def __init__(self, name: str, *, salvage: bool) -> None:
        """Take what messages call the recording, and whether the caller wants what is left of it."""
        self._name, self.salvage = name, salvage
        self._faults: list[str] = []

    def report(self, *faults: str) -> None:
        """Take what is wrong, each as the rest of a sentence about the recording.

        Raises:
            AudioError: the caller does not want what is left.
        """
        if faults and not self.salvage:
            raise AudioError(
                f"{self._name}: damaged: {faults[0]}. Copy it again, or take what is there with --salvage."
            )
        self._faults += faults

    def notices(self) -> Iterator[AudioNotice]:
        """Yield what is missing from a recording that was taken all the same."""
        if self._faults:
            yield AudioNotice("partial", f"Damaged: {_joined(self._faults)}. What could be read was taken.")


def _joined(faults: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(faults))
    more = [f"{len(distinct) - _MAX_LISTED} more faults"] * (len(distinct) > _MAX_LISTED)
    return "; ".join([*distinct[:_MAX_LISTED], *more])
