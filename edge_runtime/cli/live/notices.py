"""What the command says on a stream of events besides what the stream itself says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from edge_runtime.arrays import Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Audio was dropped because decoding did not keep up.

    Attributes:
        dropped_s: seconds of audio that were dropped so far; times of the stream do not count them.
    """

    type: Literal["dropped"] = field(default="dropped", init=False)
    dropped_s: Seconds

    def to_json(self) -> str:
        """Return the event as one line of JSON."""
        return msgspec.json.encode(self).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceError:
    """The source gives no more audio; finals of what it gave have come before.

    Attributes:
        kind: name of the error's class.
        message: what happened and what to do next.
    """

    type: Literal["error"] = field(default="error", init=False)
    kind: str
    message: str

    def to_json(self) -> str:
        """Return the event as one line of JSON."""
        return msgspec.json.encode(self).decode()
