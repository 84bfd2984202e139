"""Summaries over runs; memory is read from the system, or unknown."""

from __future__ import annotations

from pathlib import Path

from edge_bench.speed.figures import Spread, peak_rss_bytes, rss_bytes, spread


def test_memory_is_read_from_the_system_or_unknown(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n")
    assert (rss_bytes(status), peak_rss_bytes(status)) == (1 << 20, 2 << 20)
    assert rss_bytes(tmp_path / "none") is None


def test_a_spread_is_least_middle_and_greatest_of_the_known_values() -> None:
    assert spread([4.0, 1.0, None, 2.0]) == Spread(1.0, 2.0, 4.0)
    assert spread([3.0, 1.0]) == Spread(1.0, 2.0, 3.0)
    assert spread([None]) is None
