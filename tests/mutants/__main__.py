"""Count the planted mistakes that tests notice: `python -m tests.mutants`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.mutants.planting import Planting
from tests.mutants.table import MUTANTS

NUM_COPIES: Final = 2


def main() -> int:
    """Plant each mistake; return 1 if one goes unnoticed, or if a test fails without any."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(NUM_COPIES) as pool:
        copies = [Planting(Path(folder) / str(number)) for number in range(NUM_COPIES)]
        done = copies[0].run({test: None for mutant in MUTANTS.values() for test in mutant.tests})
        if done.returncode:
            sys.stderr.write(f"{done.stdout}\nTests fail without a mistake.\n")
            return 1
        names = [name for name, mutant in MUTANTS.items() if mutant.can_be_caught]
        shares = [names[number::NUM_COPIES] for number in range(NUM_COPIES)]
        missed = [name for share in pool.map(_missed, copies, shares) for name in share]
    for name in MUTANTS.keys() - set(names):
        sys.stderr.write(f"Left out, since {MUTANTS[name].program} is not installed: {name}.\n")
    for name in missed:
        sys.stderr.write(f"No test notices: {name} ({MUTANTS[name].file}).\n")
    sys.stdout.write(f"scores: mutants={len(names)} caught={len(names) - len(missed)}\n")
    return 1 if missed else 0


def _missed(copy: Planting, names: Sequence[str]) -> list[str]:
    return [name for name in names if not copy.catches(MUTANTS[name])]


if __name__ == "__main__":
    sys.exit(main())
