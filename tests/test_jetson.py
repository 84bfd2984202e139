"""The page for Jetsons and the Dockerfiles name commands, flags, paths and figures that are there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_export.build_flags import SYSTEMS
from edge_export.engine.device_table import jetson_table
from tests.support.interface import commands

tomllib = pytest.importorskip("tomllib")

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "jetson.md"
DOCKERFILES = sorted((ROOT / "docker").glob("Dockerfile.*"))
PLACES = [PAGE, *DOCKERFILES]
_EXTRA = re.compile(r"edge-asr\[([\w,]+)\]")


def _lines(path: Path) -> list[str]:
    """Return the lines of a file, continued ones joined."""
    return path.read_text("utf-8").replace("\\\n", " ").splitlines()


def _instructions(path: Path, name: str) -> Iterator[list[str]]:
    """Yield the words of a Dockerfile's instructions of one name, flags left out."""
    for line in _lines(path):
        head, _, rest = line.partition(" ")
        if head == name:
            yield [word for word in shlex.split(rest) if not word.startswith("--")]


def _calls(path: Path) -> Iterator[list[str]]:
    """Yield the words after `edge-asr`, or after the name of an image that has it as entry point."""
    for line in _lines(path):
        words = line.partition(" # ")[0].lstrip("# ").split()
        if words[:1] == ["edge-asr"] and path == PAGE:
            yield words[1:]
        elif words[:2] == ["docker", "run"]:
            image = next(number for number, word in enumerate(words) if word.startswith("edge-asr:"))
            yield words[image + 1 :]


def test_the_table_of_boards_is_that_of_the_planner() -> None:
    assert jetson_table() in PAGE.read_text("utf-8")


def test_commands_and_flags_exist() -> None:
    known = commands()
    seen = set()
    for path in PLACES:
        for name, *words in _calls(path):
            seen.add(name)
            help_text = " ".join(known[name])
            flags = {word for word in words if word.startswith("-")}
            assert [flag for flag in flags if not re.search(rf"(^|[ ,]){flag}\b", help_text)] == [], name
    assert {"run", "compile", "build-engines", "verify"} <= seen


def test_systems_that_are_named_can_be_built_for() -> None:
    named = set(re.findall(r"--for (\S+?)`?\s", PAGE.read_text("utf-8")))
    assert named
    assert named <= set(SYSTEMS)


@pytest.mark.parametrize("path", PLACES, ids=lambda path: path.name)
def test_extras_exist(path: Path) -> None:
    optional = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    text = path.read_text("utf-8").replace("${EXTRA}", "tensorrt")
    assert {extra for extras in _EXTRA.findall(text) for extra in extras.split(",")} <= set(optional)


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_what_a_dockerfile_copies_is_there(path: Path) -> None:
    stages = {words[2] for words in _instructions(path, "FROM") if len(words) > 1}
    for line in _lines(path):
        if not line.startswith("COPY"):
            continue
        stage = re.search(r"--from=(\S+)", line)
        (source, *_) = (word for word in line.split()[1:] if not word.startswith("--"))
        if stage is not None:
            assert stage[1] in stages
            assert source in path.read_text("utf-8").partition(line)[0], "an earlier step writes it"
        else:
            assert (ROOT / source).exists()


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_a_dockerfile_starts_the_command_and_names_itself(path: Path) -> None:
    text = path.read_text("utf-8")
    assert list(_instructions(path, "ENTRYPOINT")) == [["[edge-asr]"]]
    assert f"docker build --file docker/{path.name} " in text
    used = set(re.findall(r"(?<![\w/])((?:engines|tests|docker|export|edge_runtime)/[\w./-]+)", text))
    built = {each for each in used if each.startswith("engines/")}
    assert [each for each in used - built if not (ROOT / each).exists()] == []


def test_every_jetpack_of_the_dockerfile_is_one_that_bundles_are_made_for() -> None:
    path = ROOT / "docker" / "Dockerfile.jetson"
    stages = {words[2] for words in _instructions(path, "FROM") if len(words) > 1}
    majors = {stage.removeprefix("jetpack-") for stage in stages if stage.startswith("jetpack-")}
    assert majors == {system.removeprefix("jetpack-")[0] for system in SYSTEMS}


def test_no_step_of_the_jetson_image_imports_tensorrt() -> None:
    # Its driver's libraries are in a container only while NVIDIA's runtime runs it.
    steps = _instructions(ROOT / "docker" / "Dockerfile.jetson", "RUN")
    assert all("import" not in words for words in steps)


def test_what_the_images_need_is_not_left_out_of_the_context() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    for needed in ("engines", "engines/recipes", "edge_runtime", "export", "bench", "README.md", "LICENSE"):
        assert needed not in ignored
