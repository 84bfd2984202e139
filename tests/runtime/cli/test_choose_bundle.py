"""Which bundle a command takes: the only one under `engines/`, or that of the model that is named."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from edge_runtime.bundle.bundle import read_manifest
from edge_runtime.bundle.manifest import MANIFEST_NAME
from edge_runtime.bundle.manifest_file import DIGEST_NAME, digest_line
from edge_runtime.bundle.shipped import SHIPPED
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.errors import BundleError, ExitCode, ManifestError
from tests.support.command import Command


def _put(root: Path, name: str, manifest: str) -> Path:
    folder = root / "engines" / name
    folder.mkdir(parents=True)
    (folder / MANIFEST_NAME).write_text(manifest, "utf-8")
    digest = hashlib.sha256(manifest.encode()).hexdigest()
    (folder / DIGEST_NAME).write_text(digest_line(digest), "ascii")
    return Path("engines") / name


def test_a_portable_bundle_does_not_count_beside_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    portable = _put(tmp_path, "tiny.jetpack-6.2.int8", '{"schema": "edge-asr/portable@1"}')
    assert choose_bundle(None, "asr") == portable
    with pytest.raises(ManifestError, match="edge-asr compile engines/tiny"):
        read_manifest(portable)
    compiled = _put(tmp_path, "tiny.tensorrt.int8", '{"schema": "edge-asr/bundle@2", "kind": "asr"}')
    assert choose_bundle(None, "asr") == compiled


MINI = '{{"schema": "edge-asr/bundle@2", "kind": "asr", "name": "mini", "precision": "{}"}}'


def test_the_name_of_a_model_means_its_bundle_under_engines_and_else_the_one_in_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert choose_bundle(Path("mini"), "asr") == SHIPPED["mini"]
    built = _put(tmp_path, "my-own", MINI.format("fp32"))
    assert choose_bundle(Path("mini"), "asr") == choose_bundle(Path("mini")) == built
    second = _put(tmp_path, "second", MINI.format("int8"))
    with pytest.raises(BundleError, match=rf"Several bundles of 'mini': {built}, {second}\. Name one with"):
        choose_bundle(Path("mini"), "asr")


def test_a_folder_is_what_its_path_says_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mini").mkdir()
    (tmp_path / "mini" / "manifest.json").write_text("{}")
    assert choose_bundle(Path("mini"), "asr") == choose_bundle(Path("mini/manifest.json")) == Path("mini")


RELEASED = (
    '{"schema": "edge-asr/bundle@2", "kind": "asr", "name": "qwen3-asr-0.6b", '
    '"provenance": {"model_id": "Qwen/Qwen3-ASR-0.6B"}}'
)
ALIGNER = (
    '{"schema": "edge-asr/bundle@2", "kind": "aligner", "name": "qwen3-forcedaligner-0.6b", '
    '"provenance": {"model_id": "Qwen/Qwen3-ForcedAligner-0.6B"}}'
)


@pytest.mark.parametrize(
    "name",
    ["0.6b", "0.6B", "Qwen/Qwen3-ASR-0.6B", "qwen3-asr-0.6b", "my-own", "engines/my-own/manifest.json"],
)
def test_a_bundle_is_known_by_every_name_of_its_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    built = _put(tmp_path, "my-own", RELEASED)
    aligner = _put(tmp_path, "aligner-of-mine", ALIGNER)
    assert choose_bundle(Path(name), "asr") == choose_bundle(Path(name)) == built
    assert choose_bundle(Path("aligner"), "aligner") == aligner


def _at_names(tmp_path: Path) -> None:
    _put(tmp_path, "my-own", RELEASED)
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / "config.json").write_text("{}")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("1.7b", r"There are: engines/my-own\. Build one with `edge-asr build-engines 1\.7b`"),
        ("Qwen/Other", r"There are: engines/my-own\. .*build-engines Qwen/Other`"),
        ("engines/other", r"No bundle 'engines/other'.*`edge-asr build-engines`"),
        ("engines", r"no bundle, and holds some: engines/my-own"),
        ("notes.txt", "is a file, and a bundle is a folder"),
        ("checkpoint", "is a checkpoint. .*`edge-asr build-engines checkpoint`"),
        ("empty", "no bundle here"),
    ],
)
def test_what_is_no_bundle_is_told_with_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    _at_names(tmp_path)
    with pytest.raises(BundleError, match=reason) as caught:
        choose_bundle(Path(name), "asr")
    assert "--model" not in str(caught.value), "the user has just given it"


def test_without_any_bundle_the_one_in_the_package_is_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BundleError, match=r"`edge-asr build-engines`.*`--model mini`"):
        choose_bundle(None, "asr")
    with pytest.raises(BundleError) as caught:
        choose_bundle(None, "aligner")
    assert "--model mini" not in str(caught.value)


@pytest.mark.parametrize(
    "manifest",
    [
        "[" * 200_000,
        '{"schema": "edge-asr/bundle@2", "kind": "asr", "x": ' + '{"a":' * 50_000,
        "\0" * 1000,
        "",
        '{"kind": "asr"}' + " " * (5 << 20),
    ],
    ids=["lists", "objects", "zeros", "empty", "long"],
)
def test_a_broken_folder_under_engines_does_not_disturb_a_command_that_names_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manifest: str
) -> None:
    monkeypatch.chdir(tmp_path)
    _put(tmp_path, "broken", manifest)
    (tmp_path / "engines" / "pipe").mkdir()
    os.mkfifo(tmp_path / "engines" / "pipe" / MANIFEST_NAME)
    assert choose_bundle(Path("mini"), "asr") == SHIPPED["mini"]
    built = _put(tmp_path, "my-own", MINI.format("fp32"))
    assert choose_bundle(Path("mini"), "asr") == built
    assert choose_bundle(Path("engines/my-own"), "asr") == built


@pytest.mark.parametrize("name", ["x" * 300, "x" * 5000, "a/" + "x" * 300])
def test_a_name_that_no_file_system_takes_is_no_bundle(command: Command, name: str) -> None:
    for arguments in (["run", "x.wav"], ["info"], ["verify"]):
        outcome = command(*arguments, "-m", name)
        assert outcome.code == ExitCode.BUNDLE
        assert "No bundle" in outcome.error
