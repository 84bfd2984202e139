"""Commands and examples in the documents do what the documents say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "export/README.md", "engines/README.md", "bench/README.md"]
_BLOCK = re.compile(r"(<!-- not run: [^>]+ -->\n)?```(sh|python)\n(.*?)```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_FENCED = re.compile(r"```.*?```", re.DOTALL)
_PATH = re.compile(r"[\w.*/-]+")
_PYTHON_FILE = re.compile(r"[\w/]+\.py\b")
_MODULE = re.compile(r"(?:edge_(?:runtime|export|bench|mini)|tests)(?:\.\w+)+(?::\w+)?")
_RUN_MODULE = re.compile(r"python -m ([\w.]+)")
_PLACEHOLDER = re.compile(r"<|\b(?:DATE|NAME|MODEL)\b")
_CHECKED_SUFFIXES = {".py", ".md", ".toml", ".jsonl", ".jinja"}
_BUILD_OUTPUT = re.compile(r"(build|dist|engines/(\.build|[^/]+\.(ort|tensorrt)[^/]*))(/.*)?")


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


@cache
def _files() -> tuple[PurePosixPath, ...]:
    """Files of the checkout that Git tracks or would track, relative to it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(PurePosixPath(name) for name in listed.stdout.splitlines() if (ROOT / name).is_file())


@cache
def _paths() -> tuple[str, ...]:
    """The same, and the folders that hold them."""
    folders = {str(folder) for file in _files() for folder in file.parents} - {"."}
    return (*map(str, _files()), *sorted(folders))


def _is_file_name(text: str) -> bool:
    """Tell whether a word in backticks names a path of the checkout."""
    if _PATH.fullmatch(text) is None or _PLACEHOLDER.search(text) or text.startswith(("/", ".", "*", "-")):
        return False
    path, top_level = PurePosixPath(text), {file.parts[0] for file in _files() if len(file.parts) > 1}
    return path.suffix in _CHECKED_SUFFIXES or ("/" in text and path.parts[0] in top_level)


def _path_exists(text: str) -> bool:
    """Tell whether a path, or the end of one, or a pattern, is in the checkout; what builds write counts."""
    wanted = text.rstrip("/")
    if _BUILD_OUTPUT.fullmatch(wanted):
        return True
    return any(fnmatch(path, wanted) or fnmatch(path, f"*/{wanted}") for path in _paths())


def _module_exists(text: str) -> bool:
    """Tell whether `package.module`, or a name in the module, is in the checkout."""
    dotted, _, entry = text.partition(":")
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        tail = "/".join(parts[:length])
        sources = [file for file in _files() if _is_module(file, tail)]
        if sources:
            names = [*parts[length:], *filter(None, [entry])]
            return len(names) <= 1 and all(re.search(rf"\b{name}\b", _text(sources[0])) for name in names)
    return False


def _is_module(file: PurePosixPath, tail: str) -> bool:
    return any(
        str(file) == name or str(file).endswith(f"/{name}") for name in (f"{tail}.py", f"{tail}/__init__.py")
    )


def _text(file: PurePosixPath) -> str:
    return (ROOT / file).read_text("utf-8")


def _missing(document: PurePosixPath) -> Iterator[str]:
    """Yield the paths and modules that a document names and the checkout lacks."""
    text = _text(document)
    quoted = {*_CODE.findall(_FENCED.sub("", text)), *_PYTHON_FILE.findall("".join(_FENCED.findall(text)))}
    for word in sorted(quoted):
        if _MODULE.fullmatch(word):
            if not _module_exists(word):
                yield word
        elif _is_file_name(word) and not _path_exists(word):
            yield word
    for module in sorted(set(_RUN_MODULE.findall(text))):
        if module.startswith(("edge_", "tests.")) and not _module_exists(module):
            yield f"python -m {module}"


def _speaking_of_the_checkout() -> list[pytest.param]:
    """The documents but for results, which stay as they were written."""
    documents = [file for file in _files() if file.suffix == ".md" and "results" not in file.parts]
    return [pytest.param(document, id=str(document)) for document in documents]


@pytest.mark.parametrize("document", _speaking_of_the_checkout())
def test_paths_and_modules_that_a_document_names_exist(document: PurePosixPath) -> None:
    assert list(_missing(document)) == []


def test_a_commit_is_linted_by_the_commands_of_make_lint() -> None:
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert recipe is not None
    linted = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe[1].splitlines()]
    configuration = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    hooks = re.findall(r"^ +entry: (.*)$", configuration, re.MULTILINE)
    assert hooks == linted


# Code also quotes files of other projects.
_OWN_FOLDERS = ("edge_runtime/", "export/", "bench/", "tests/", "engines/", "docs/")


@pytest.mark.parametrize("folder", ["edge_runtime", "export", "bench", "tests"])
def test_paths_that_code_quotes_exist(folder: str) -> None:
    sources = [file for file in _files() if file.parts[0] == folder and file.suffix == ".py"]
    assert sources
    missing = [
        f"{file}: {path}"
        for file in sources
        for path in _CODE.findall(_text(file))
        if path.startswith(_OWN_FOLDERS) and _is_file_name(path) and not _path_exists(path)
    ]
    assert missing == []
