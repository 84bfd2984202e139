"""Builds that are stopped, repeated, refused or short of disk never leave a wrong bundle."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge_export import install, pipeline, resources, stages, workspace
from edge_export.form import FLOAT
from edge_export.job import BuildOptions
from edge_export.parity import PARITY_NAME
from edge_export.pipeline import BuildResult, build
from edge_runtime.bundle import open_bundle
from edge_runtime.errors import BundleError, ChecksumError, ResourceError, UsageError
from edge_runtime.selftest import GOLDEN_NAME, SelfTest
from tests.export.support.copied_stages import copy_stages

STAGES = [stage.name for stage in stages.asr_stages(FLOAT)]


class Killed(BaseException):
    """Stands for a signal: no code of the build catches it."""


@pytest.fixture
def fake_stages(monkeypatch: pytest.MonkeyPatch, built: BuildResult) -> list[str]:
    """Stages that copy the finished bundle's files instead of computing them; the names of those run."""
    return copy_stages(monkeypatch, built.bundle)


@pytest.fixture
def options(tiny_checkpoints: dict[str, Path], tmp_path: Path) -> BuildOptions:
    return BuildOptions(model=str(tiny_checkpoints["original"]), output=tmp_path / "out" / "tiny")


def _break_stage(monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException) -> None:
    """Make one stage write something and then fail."""

    def broken(stage: stages.Stage) -> stages.Stage:
        def work(_: object, __: object, folder: Path) -> None:
            (folder / "half").write_bytes(b"x" * 1000)
            raise error

        return stages.Stage(stage.name, work, stage.installs) if stage.name == name else stage

    changed = tuple(map(broken, pipeline.asr_stages(FLOAT)))
    monkeypatch.setattr(pipeline, "asr_stages", lambda *_: changed)


def test_a_bundle_is_whole_and_passes_its_self_test(built: BuildResult) -> None:
    bundle = open_bundle(built.bundle)
    manifest = bundle.manifest
    assert built.status == "built"
    assert {path.name for path in built.bundle.iterdir()} == {
        *manifest.files,
        "manifest.json",
        "manifest.json.sha256",
    }
    assert {"encoder.onnx.data", "decoder.onnx.data", "tokenizer.json", PARITY_NAME, GOLDEN_NAME} <= set(
        manifest.files
    )
    assert (manifest.name, manifest.target, manifest.precision) == ("original", "ort-cpu", "fp32")
    assert len(manifest.languages) == 30
    assert {"config.json", "merges.txt", "model-00003-of-00003.safetensors"} <= set(
        manifest.provenance.checkpoint_files
    )
    assert all(result.passed for result in SelfTest(bundle).run())


def test_golden_answers_are_those_of_the_two_probes(built: BuildResult) -> None:
    with np.load(built.bundle / GOLDEN_NAME, allow_pickle=False) as golden:
        assert golden["0/waveform"].shape == (4800,)
        assert golden["1/waveform"].shape == (155200,)
        assert golden["1/log_mel"].shape == (128, 970)
        assert golden["1/audio_embeds"].shape == (126, 64)
        assert golden["0/token_ids"].shape == golden["0/logprobs"].shape == (50,)
        assert len(set(golden["1/token_ids"].tolist())) > 5


def test_no_working_files_are_left(built: BuildResult) -> None:
    assert [path.name for path in built.bundle.parent.iterdir()] == ["tiny"]


def test_an_identical_bundle_is_not_built_again(
    fake_stages: list[str], options: BuildOptions, lines: object
) -> None:
    assert build(options, lines).status == "built"
    assert fake_stages == STAGES
    again = build(options, lines)
    assert (again.status, fake_stages) == ("up_to_date", STAGES)


def test_force_builds_an_identical_bundle_again(
    fake_stages: list[str], options: BuildOptions, lines: object
) -> None:
    build(options, lines)
    forced = BuildOptions(model=options.model, output=options.output, force=True)
    assert build(forced, lines).status == "built"
    assert fake_stages == STAGES * 2


def test_a_damaged_bundle_is_built_again(
    fake_stages: list[str], options: BuildOptions, lines: object
) -> None:
    bundle = build(options, lines).bundle
    (bundle / "encoder.onnx").write_bytes(b"")
    assert build(options, lines).status == "built"
    open_bundle(bundle)


@pytest.mark.parametrize("stopped", STAGES)
def test_a_stopped_build_goes_on_where_it_ended(
    monkeypatch: pytest.MonkeyPatch,
    fake_stages: list[str],
    options: BuildOptions,
    lines: object,
    stopped: str,
) -> None:
    with monkeypatch.context() as patch:
        _break_stage(patch, stopped, Killed())
        with pytest.raises(Killed):
            build(options, lines)
    before = STAGES[: STAGES.index(stopped)]
    assert fake_stages == before
    assert not options.output.exists()
    result = build(options, lines)
    assert result.reused == tuple(before)
    assert fake_stages == STAGES
    open_bundle(result.bundle)


def test_stages_of_other_inputs_are_not_taken_over(
    monkeypatch: pytest.MonkeyPatch,
    fake_stages: list[str],
    options: BuildOptions,
    hf_copy: Path,
    lines: object,
) -> None:
    with monkeypatch.context() as patch:
        _break_stage(patch, "parity", Killed())
        with pytest.raises(Killed):
            build(options, lines)
    other = BuildOptions(model=str(hf_copy), output=options.output)
    assert build(other, lines).reused == ()


def test_a_stage_whose_file_is_gone_is_done_again_with_all_after_it(
    monkeypatch: pytest.MonkeyPatch, fake_stages: list[str], options: BuildOptions, lines: object
) -> None:
    with monkeypatch.context() as patch:
        _break_stage(patch, "parity", Killed())
        with pytest.raises(Killed):
            build(options, lines)
    (options.output.parent / ".build" / "tiny" / "encoder" / "encoder.onnx").unlink()
    fake_stages.clear()
    assert build(options, lines).reused == ("tokenizer",)
    assert fake_stages == STAGES[1:]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT])
@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk_leaves_no_bundle_and_no_half_files(
    monkeypatch: pytest.MonkeyPatch,
    fake_stages: list[str],
    options: BuildOptions,
    lines: object,
    stage: str,
    code: int,
) -> None:
    _break_stage(monkeypatch, stage, OSError(code, os.strerror(code)))
    with pytest.raises(ResourceError, match="finished stages are kept"):
        build(options, lines)
    assert not options.output.exists()
    assert not list(options.output.parent.rglob("half"))


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: 9")]
)
def test_running_out_of_memory_is_explained(
    monkeypatch: pytest.MonkeyPatch,
    fake_stages: list[str],
    options: BuildOptions,
    lines: object,
    error: Exception,
) -> None:
    _break_stage(monkeypatch, "reference", error)
    with pytest.raises(ResourceError, match="Out of memory"):
        build(options, lines)


def test_a_real_write_limit_is_explained(
    monkeypatch: pytest.MonkeyPatch, tiny_checkpoints: dict[str, Path], options: BuildOptions, lines: object
) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(ResourceError, match="File too large"):
            build(options, lines)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not options.output.exists()
    assert not list(options.output.parent.rglob("*.data"))


def _fail_at(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Kill the process, so to speak, at the given file operation of the installation."""
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


def test_two_builds_of_one_bundle_do_not_run_at_once(tmp_path: Path) -> None:
    with (
        workspace.opened_workspace(tmp_path / "w", "key", fresh=False),
        pytest.raises(UsageError, match="another build of this bundle is running"),
        workspace.opened_workspace(tmp_path / "w", "key", fresh=False),
    ):
        pass


def test_too_little_disk_is_refused_with_numbers(
    monkeypatch: pytest.MonkeyPatch, options: BuildOptions, lines: object
) -> None:
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(resources.shutil, "disk_usage", lambda _: usage._replace(free=10**8))
    with pytest.raises(ResourceError, match=r"needs 0\.4 GB of disk .*0\.1 GB are free"):
        build(options, lines)


def test_too_little_memory_is_refused_and_scarce_memory_is_said(
    monkeypatch: pytest.MonkeyPatch, fake_stages: list[str], options: BuildOptions, lines: object
) -> None:
    monkeypatch.setattr(resources, "_memory", lambda: (10**9, 10**9))
    with pytest.raises(ResourceError, match=r"needs about 1\.5 GB of memory, this machine has 1\.0 GB"):
        build(options, lines)
    monkeypatch.setattr(resources, "_memory", lambda: (10**10, 10**9))
    build(options, lines)
    assert any("1.0 GB are free now" in text for text in lines.warned)
