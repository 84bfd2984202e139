"""In which order programs run: peer, ours, peer, ours …, so that a machine that slows down slows both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def alternate(peers: Sequence[str], ours: Sequence[str], rounds: int) -> Iterator[str]:
    """Yield names; in each round every one comes at least once.

    The shorter of the two lists starts again until the longer one is through, and begins one further on in
    each round, so that neighbours change.

    Args:
        peers: other programs; without any, ours run alone.
        ours: bundles.
        rounds: how often.
    """
    length = max(len(peers), len(ours))
    for number in range(rounds):
        for index in range(length):
            for names in (peers, ours):
                if names:
                    offset = number if len(names) < length else 0
                    yield names[(index + offset) % len(names)]
