"""Mistakes planted in a copy of the runtime: the tests that each names catch it."""

from __future__ import annotations

import pytest

from tests.mutants.planting import ROOT, Planting
from tests.mutants.table import MUTANTS


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Planting:
    return Planting(tmp_path_factory.mktemp("mutants") / "copy")


def test_there_are_as_many_as_are_promised() -> None:
    assert len(MUTANTS) >= 30


@pytest.mark.parametrize("name", MUTANTS)
def test_the_mistake_can_be_planted(name: str) -> None:
    mutant = MUTANTS[name]
    text = (ROOT / "edge_runtime" / mutant.file).read_text("utf-8")
    assert text.count(mutant.old) == 1
    compile(text.replace(mutant.old, mutant.new), mutant.file, "exec")


@pytest.mark.slow
def test_the_copy_without_a_mistake_passes(copy: Planting) -> None:
    done = copy.run({test: None for mutant in MUTANTS.values() for test in mutant.tests})
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mistake_is_caught(copy: Planting, name: str) -> None:
    if not MUTANTS[name].can_be_caught:
        pytest.skip(f"{MUTANTS[name].program} is not installed")
    assert copy.catches(MUTANTS[name])
