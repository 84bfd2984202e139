"""What the runtime's extras install: pinned with hashes, listed in an SBOM, and with its licences."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

tomllib = pytest.importorskip("tomllib")

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "requirements"
EXTRAS = ("cpu", "gpu")
MACHINES = [
    {"python_version": python, "python_full_version": f"{python}.1", "sys_platform": system}
    for python in ("3.10", "3.11", "3.12", "3.13")
    for system in ("linux", "win32")
]


def pinned() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pinned", REQUIREMENTS / "pinned.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["pinned"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pins(extra: str) -> list[Any]:
    return list(pinned().read_pins(REQUIREMENTS / f"runtime-{extra}.txt"))


def here(extra: str, machine: dict[str, str]) -> dict[str, str]:
    """Return name → version of what an extra installs on a machine."""
    chosen = [pin for pin in pins(extra) if not pin.marker or Marker(pin.marker).evaluate(machine)]
    versions = {pin.name: pin.version for pin in chosen}
    assert len(versions) == len(chosen), "a package has two versions"
    return versions


def locked(machine: dict[str, str]) -> dict[str, str]:
    lines = [
        line.partition("#")[0].strip() for line in (REQUIREMENTS / "lock.txt").read_text("utf-8").splitlines()
    ]
    parsed = [Requirement(line) for line in lines if line]
    return {
        each.name: str(each.specifier)[2:]
        for each in parsed
        if each.marker is None or each.marker.evaluate(machine)
    }


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_package_has_an_exact_version_and_hashes(extra: str) -> None:
    for pin in pins(extra):
        assert pin.hashes, f"{pin.name} has no hash"
        assert all(re.fullmatch("[0-9a-f]{64}", each) for each in pin.hashes)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: "-".join(list(machine.values())[::2]))
@pytest.mark.parametrize("extra", EXTRAS)
def test_versions_are_those_that_were_tested_and_cover_what_is_declared(
    extra: str, machine: dict[str, str]
) -> None:
    # Where this fails, `make lock UPGRADE=` follows a change of pyproject.toml.
    versions, tested = here(extra, machine), locked(machine)
    assert {n: v for n, v in versions.items() if n in tested} == {
        n: v for n, v in tested.items() if n in versions
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = [*project["dependencies"], *extras[extra], *extras["trust"], *extras["server"]]
    for requirement in map(Requirement, declared):
        assert versions[requirement.name] in requirement.specifier


def test_the_sbom_lists_what_is_pinned_with_licences_and_hashes() -> None:
    sbom = json.loads((REQUIREMENTS / "edge-asr.cdx.json").read_text("utf-8"))
    assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.6")
    listed = {
        (each["name"], each["version"]): {item["content"] for item in each["externalReferences"][0]["hashes"]}
        for each in sbom["components"]
    }
    assert listed == {(pin.name, pin.version): set(pin.hashes) for pin in pins("cpu")}
    assert all(each["licenses"] for each in sbom["components"])
    assert not {"timestamp", "serialNumber"} & {*sbom, *sbom["metadata"]}, "equal pins must be equal bytes"
    (root,) = [each for each in sbom["dependencies"] if each["ref"] == "edge-asr"]
    assert len(root["dependsOn"]) == len(listed)


def test_the_notices_name_every_package_and_say_what_is_lgpl() -> None:
    notices = (ROOT / "THIRD_PARTY_NOTICES.md").read_text("utf-8")
    named = set(re.findall(r"^\| ([a-z0-9-]+) \|", notices, re.MULTILINE)) - {"package"}
    assert named == {pin.name for extra in EXTRAS for pin in pins(extra)}
    for line in ("| soxr | LGPL-2.1-or-later |", "libsndfile (LGPL-2.1-or-later)", "mpg123 (LGPL-2.1)"):
        assert line in notices


def test_the_wheel_is_told_to_hold_both() -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "THIRD_PARTY_NOTICES.md" in document["project"]["license-files"]
    assert document["tool"]["hatch"]["build"]["targets"]["wheel"]["sbom-files"] == [
        "requirements/edge-asr.cdx.json"
    ]
