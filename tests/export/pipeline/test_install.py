"""An installation stopped anywhere leaves a correct bundle or none, and replaces bundles only."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_export.pipeline import install
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import BuildResult, build
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.errors import BundleError, ChecksumError, UsageError
from tests.export.support.stopped_builds import Killed


def _fail_at(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Simulate a kill at the given file operation of the installation."""
    left = [count]

    def failing(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return real(*arguments, **named)

        return call

    monkeypatch.setattr(install.os, "link", failing(os.link))
    monkeypatch.setattr(install.os, "fsync", failing(os.fsync))
    for name in ("rename", "write_bytes", "write_text"):
        monkeypatch.setattr(Path, name, failing(getattr(Path, name)))


@pytest.mark.parametrize("before", ["nothing", "a bundle"])
def test_an_installation_stopped_anywhere_leaves_a_right_bundle_or_none(
    options: BuildOptions, built: BuildResult, before: str
) -> None:
    replacing = before == "a bundle"
    manifest = open_bundle(built.bundle).manifest
    sources = {name: built.bundle / name for name in manifest.files}
    target, folder = options.output, options.output.parent / "work"
    folder.mkdir(parents=True)
    for count in range(60):
        if replacing and not target.exists():
            shutil.copytree(built.bundle, target)
        if not replacing:
            shutil.rmtree(target, ignore_errors=True)
        with pytest.MonkeyPatch.context() as patch:
            _fail_at(patch, count)
            try:
                install.install(manifest, sources, folder, target)
                finished = True
            except Killed:
                finished = False
        try:
            assert open_bundle(target).manifest == manifest
        except BundleError:
            assert not finished
            assert not target.exists()
        if finished:
            break
    assert finished
    assert count > 15


def test_a_file_that_changed_after_its_stage_is_not_installed(built: BuildResult, tmp_path: Path) -> None:
    manifest = open_bundle(built.bundle).manifest
    sources = {name: tmp_path / name for name in manifest.files}
    for name, path in sources.items():
        shutil.copyfile(built.bundle / name, path)
    sources["encoder.onnx.data"].write_bytes(b"changed")
    (tmp_path / "work").mkdir()
    with pytest.raises(ChecksumError, match="--force"):
        install.install(manifest, sources, tmp_path / "work", tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_bundle_can_be_copied_where_the_file_system_has_no_links(
    monkeypatch: pytest.MonkeyPatch, fake_stages: list[str], options: BuildOptions, lines: object
) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(install.os, "link", link)
    open_bundle(build(options, lines).bundle)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_no_bundle_is_not_replaced(options: BuildOptions, lines: object, kind: str) -> None:
    options.output.parent.mkdir()
    precious = options.output
    if kind == "folder":
        options.output.mkdir()
        precious = options.output / "thesis.txt"
    precious.write_text("years of work")
    with pytest.raises(UsageError, match="is not a bundle; it will not be replaced"):
        build(options, lines)
    assert precious.read_text() == "years of work"
