"""The order in which programs run."""

from __future__ import annotations

from edge_bench.peers.harness.schedule import alternate


def test_ours_runs_after_each_peer_and_everything_in_each_round() -> None:
    assert list(alternate(["a", "b"], ["X", "Y"], 1)) == ["a", "X", "b", "Y"]
    assert list(alternate(["a", "b", "c"], ["X"], 2)) == ["a", "X", "b", "X", "c", "X"] * 2
    order = list(alternate(["a", "b", "c"], ["X", "Y"], 2))
    assert order == ["a", "X", "b", "Y", "c", "X", "a", "Y", "b", "X", "c", "Y"], "neighbours change"
    assert list(alternate(["a"], ["X", "Y"], 1)) == ["a", "X", "a", "Y"]
    assert list(alternate([], ["X", "Y"], 1)) == ["X", "Y"]
