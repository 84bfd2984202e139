"""`info` and `verify` of any number of bundles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge_runtime.errors import ExitCode
from tests.support.command import Command


@pytest.fixture
def both(
    tmp_path: Path, tiny_bundle: Path, tiny_aligner_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of work in which a recogniser and an aligner were built."""
    (tmp_path / "engines").mkdir()
    (tmp_path / "engines" / "a").symlink_to(tiny_bundle)
    (tmp_path / "engines" / "b").symlink_to(tiny_aligner_bundle)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("both")
def test_info_describes_all_under_engines_or_those_that_are_named(command: Command) -> None:
    every, named = command("info"), command("info", "engines/b", "engines/a")
    assert (every.code, every.err) == (named.code, named.err) == (ExitCode.OK, "")
    headings = [line for line in every.out.splitlines() if line.startswith("bundle ")]
    assert ["engines/a" in heading for heading in headings] == [True, False]
    assert named.out.index("(engines/b") < named.out.index("(engines/a")


@pytest.mark.usefixtures("both")
def test_json_of_several_is_a_document_a_line(command: Command) -> None:
    manifests = [json.loads(line) for line in command("info", "--json").out.splitlines()]
    assert [manifest["kind"] for manifest in manifests] == ["asr", "aligner"]
    reports = [json.loads(line) for line in command("verify", "--json").out.splitlines()]
    assert [(report["bundle"], report["passed"]) for report in reports] == [
        ("engines/a", True),
        ("engines/b", True),
    ]


@pytest.mark.usefixtures("both")
def test_verify_goes_on_where_one_fails_and_ends_with_its_code(command: Command, bundle: Path) -> None:
    (bundle / "decoder.onnx").write_bytes(b"changed")
    outcome = command("verify", bundle, "engines/b")
    assert outcome.code == ExitCode.BUNDLE
    assert "bundle     engines/b\nhashes " in outcome.out
    assert outcome.err.startswith(f"edge-asr: error: {bundle}/decoder.onnx: ")


@pytest.mark.parametrize("name", ["version", "--version"])
def test_the_version_has_two_spellings(command: Command, name: str) -> None:
    assert command(name).out == command("--version").out
