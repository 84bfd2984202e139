"""A measurement says on which machine it was made."""

from __future__ import annotations

from edge_bench.speed.environment import read_environment


def test_the_machine_is_described() -> None:
    environment = read_environment()
    assert environment.cpu
    assert environment.memory_bytes > 0
