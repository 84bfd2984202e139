"""What a stream cost a program, and what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from edge_runtime.arrays import Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCost:
    """One stream of one program.

    Attributes:
        processor_s: processor time, user and system, of all its threads, loading left out.
        num_tokens: that it decoded or emitted, as the program counts them; None where it does not say.
        num_chars: of its text.
    """

    processor_s: Seconds
    num_tokens: int | None
    num_chars: int

    def to_json(self) -> str:
        """Return the cost as a line of JSON."""
        return json.dumps(asdict(self))


def cost_of(line: str) -> StreamCost:
    """Read what `StreamCost.to_json` wrote."""
    return StreamCost(**json.loads(line))
