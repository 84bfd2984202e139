"""The order of runs: peer, ours, peer, ours …, so that a machine that slows down affects both alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def alternate(peers: Sequence[str], ours: Sequence[str], rounds: int) -> Iterator[str]:
    """Yield names; each round has every name at least once.

    The shorter of the two lists repeats until the longer one ends, and starts one name later in each round,
    so that neighbors change.

    Args:
        peers: other programs; without any, ours run alone.
        ours: bundles.
        rounds: number of rounds.
    """
    length = max(len(peers), len(ours))
    for number in range(rounds):
        for index in range(length):
            for names in (peers, ours):
                if names:
                    offset = number if len(names) < length else 0
                    yield names[(index + offset) % len(names)]
