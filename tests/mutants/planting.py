"""A copy of the runtime and of the tests, in which mistakes are planted one after the other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Final

from tests.mutants.mutant import Mutant

ROOT: Final = Path(__file__).parents[2]
TESTS_FAILED: Final = 1
"""Exit code of pytest; 2 and more are for tests that could not be run."""


class Planting:
    """A copy; the tree itself stays as it is."""

    def __init__(self, folder: Path) -> None:
        """Copy what the tests need.

        Args:
            folder: where to; an empty one.
        """
        self._folder: Final = folder
        ignored = shutil.ignore_patterns("__pycache__")
        for name in ("edge_runtime", "tests"):
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", folder)
        (folder / "engines").symlink_to(ROOT / "engines")

    def run(self, tests: Collection[str]) -> subprocess.CompletedProcess[str]:
        """Run tests against the copy, up to the first that fails."""
        path = os.pathsep.join((str(self._folder), str(ROOT / "export")))
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "CI": "1"}
        nodes = [f"tests/runtime/{test}" for test in tests]
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *nodes]
        return subprocess.run(
            command, cwd=self._folder, env=environment, check=False, capture_output=True, text=True
        )

    def catches(self, mutant: Mutant) -> bool:
        """Plant a mistake, run its tests, and take it away again; return whether a test failed."""
        path = self._folder / "edge_runtime" / mutant.file
        right = path.read_text("utf-8")
        path.write_text(right.replace(mutant.old, mutant.new), "utf-8")
        try:
            done = self.run(mutant.tests)
        finally:
            path.write_text(right, "utf-8")
        return done.returncode == TESTS_FAILED and "\nFAILED " in done.stdout
