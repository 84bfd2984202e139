"""Disks and folders that must take files."""

from __future__ import annotations

import tempfile
from collections import namedtuple
from pathlib import Path

import pytest

from edge_runtime.doctor.host import Host
from edge_runtime.doctor.report import Finding
from edge_runtime.doctor.storage import storage_findings, why_not_writable

NEVER_WRITABLE = Path("/sys/kernel")
"""Not even root makes files there."""


def findings(home: Path, **environ: str) -> dict[str, Finding]:
    host = Host(environ={"HOME": str(home), **environ})
    return {each.code: each for each in storage_findings(host, home / "engines")}


def test_a_home_that_takes_files_is_ok(tmp_path: Path) -> None:
    actual = findings(tmp_path)
    assert actual["storage.home"].status == "ok"
    assert actual["storage.temporary"].status == "ok"
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_a_read_only_home_is_a_warning_with_where_caches_can_go() -> None:
    home = findings(NEVER_WRITABLE)["storage.home"]
    assert home.status == "warning"
    assert "transcription works" in home.message
    assert str(NEVER_WRITABLE) in home.message
    assert home.hint == "export CUDA_CACHE_PATH=/var/tmp/cuda-cache HF_HOME=/var/tmp/huggingface"


def test_a_read_only_cache_is_a_warning_too(tmp_path: Path) -> None:
    home = findings(tmp_path, XDG_CACHE_HOME=str(NEVER_WRITABLE))["storage.home"]
    assert home.status == "warning"
    assert str(tmp_path) not in home.message


def test_a_folder_to_be_made_is_as_writable_as_the_one_above_it(tmp_path: Path) -> None:
    assert why_not_writable(tmp_path / "a" / "b") is None
    assert why_not_writable(NEVER_WRITABLE / "a" / "b") is not None


def test_a_disk_that_is_nearly_full_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil's
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**12, 10**12, 10**9))
    disk = findings(tmp_path)["storage.disk"]
    assert disk.status == "warning"
    assert disk.message.startswith("1.0 GB are free")
    assert disk.hint is not None


def test_without_a_folder_for_temporary_files_nothing_can_be_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", refuse)
    assert findings(tmp_path)["storage.temporary"].status == "failed"
