"""Which packages bring the module `onnxruntime`."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import pytest

from edge_runtime.doctor import packages

RELEASES = {"onnxruntime": "1.32.0", "onnxruntime-gpu": "1.31.1"}


@pytest.mark.parametrize("installed", [(), ("onnxruntime",), ("onnxruntime-gpu",), tuple(RELEASES)], ids=repr)
def test_each_package_that_is_installed_is_named_with_its_release(
    monkeypatch: pytest.MonkeyPatch, installed: tuple[str, ...]
) -> None:
    def version(name: str) -> str:
        if name not in installed:
            raise PackageNotFoundError(name)
        return RELEASES[name]

    monkeypatch.setattr(packages, "version", version)
    assert packages.installed_onnxruntimes() == {name: RELEASES[name] for name in installed}
