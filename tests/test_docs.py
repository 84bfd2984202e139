"""Commands and examples in the documents do what the documents say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "export/README.md", "engines/README.md", "bench/README.md"]
_BLOCK = re.compile(r"(<!-- not run: [^>]+ -->\n)?```(sh|python)\n(.*?)```", re.DOTALL)


def _runnable(text: str) -> list[tuple[str, str]]:
    """Return (language, body) of the blocks that are not marked as not to be run."""
    return [(kind, body) for skip, kind, body in _BLOCK.findall(text) if not skip]


def _blocks(language: str) -> list[pytest.param]:
    blocks = []
    for name in DOCUMENTS:
        text = (ROOT / name).read_text("utf-8")
        actual = [body for kind, body in _runnable(text) if kind == language]
        blocks += [pytest.param(body, id=f"{name}-{number}") for number, body in enumerate(actual)]
    return blocks


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, mini_bundle: Path, mini_aligner_bundle: Path) -> Path:
    """A directory that looks like a checkout in which both mini bundles were built."""
    root = tmp_path_factory.mktemp("checkout")
    (root / "engines").mkdir()
    for name in ("tests", "engines/checkpoints"):
        (root / name).symlink_to(ROOT / name)
    for bundle in (mini_bundle, mini_aligner_bundle):
        (root / "engines" / bundle.name).symlink_to(bundle)
    return root


def _run(command: list[str], cwd: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("block", _blocks("sh"))
def test_shell_blocks_of_the_documents_run(block: str, checkout: Path) -> None:
    _run(["bash", "-euo", "pipefail", "-c", block], checkout)


@pytest.mark.parametrize("block", _blocks("python"))
def test_python_blocks_of_the_documents_run(block: str, checkout: Path) -> None:
    _run([sys.executable, "-c", block], checkout)


def test_every_document_with_commands_is_in_the_list_of_tested_ones() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = tracked.stdout.split()
    with_blocks = {name for name in names if _runnable((ROOT / name).read_text("utf-8"))}
    assert with_blocks <= set(DOCUMENTS)
