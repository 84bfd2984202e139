"""Values that come in pieces are those that came, whatever the pieces."""

from __future__ import annotations

import numpy as np

from edge_runtime.vad.growing_array import GrowingArray


def test_pieces_of_any_length_join_to_what_came_and_more_may_follow() -> None:
    rng = np.random.default_rng(0)
    growing, came = GrowingArray(np.float16), np.zeros(0, np.float16)
    assert len(growing.joined()) == 0
    for size in (0, 1, 7, 1 << 19, 5, (1 << 20) + 3, 0, 9):
        piece = rng.random(size).astype(np.float16)
        growing.extend(piece)
        came = np.append(came, piece)
        assert np.array_equal(growing.joined(piece[:2]), np.append(came, piece[:2]))
    growing.clear()
    assert growing.joined().dtype == np.float16
    growing.extend(came[:3])
    assert np.array_equal(growing.joined(), came[:3])
