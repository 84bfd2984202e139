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
    for path in ("mini", "engines/mini", "unknown"):
        assert choose_bundle(Path(path), "asr") == Path(path)


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
        assert "no bundle here" in outcome.error
