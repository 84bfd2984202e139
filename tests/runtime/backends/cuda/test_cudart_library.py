"""Which libcudart is taken: where it is looked for, and which of several the driver can run."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from edge_runtime.backends.cuda import cudart_library
from edge_runtime.backends.cuda.cudart_library import (
    CudartLibrary,
    choose_library,
    library_paths,
    load_library,
)
from edge_runtime.backends.cuda.jetson import is_jetson
from edge_runtime.errors import BackendUnavailableError

LOADER = ["libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0"]
JETPACK = "usr/local/cuda-12.6/targets/aarch64-linux/lib/libcudart.so.12.6.68"
DESKTOP = "usr/local/cuda-13.2/lib64/libcudart.so.13.2.51"
CU13 = "site-packages/nvidia/cu13/lib/libcudart.so.13"
CU12 = "site-packages/nvidia/cuda_runtime/lib/libcudart.so.12"
CONDA = "env/lib/libcudart.so.12"


def tree(root: Path, *files: str) -> None:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()


def paths(root: Path) -> list[str]:
    actual = library_paths(root, [str(root / "site-packages"), ""], str(root / "env"))
    return [path.removeprefix(f"{root.resolve()}/") for path in actual]


def test_a_desktop_takes_the_environment_before_the_system(tmp_path: Path) -> None:
    tree(tmp_path, DESKTOP, JETPACK, CU13, CU12, CONDA)
    assert paths(tmp_path) == [CU13, CU12, CONDA, DESKTOP, JETPACK, *LOADER]


@pytest.mark.parametrize("mark", ["etc/nv_tegra_release", "proc/device-tree/model"])
def test_a_jetson_takes_the_cuda_of_jetpack_before_the_packages(tmp_path: Path, mark: str) -> None:
    tree(tmp_path, JETPACK, CU13, mark)
    (tmp_path / mark).write_bytes(b"NVIDIA Jetson Orin Nano Developer Kit\0")
    assert is_jetson(tmp_path)
    assert paths(tmp_path) == [JETPACK, CU13, *LOADER]


def test_another_board_is_no_jetson(tmp_path: Path) -> None:
    tree(tmp_path, "proc/device-tree/model")
    (tmp_path / "proc/device-tree/model").write_bytes(b"Raspberry Pi 5\0")
    assert not is_jetson(tmp_path)


def test_links_to_one_library_count_once(tmp_path: Path) -> None:
    tree(tmp_path, JETPACK)
    folder = (tmp_path / JETPACK).parent
    for name in ("libcudart.so.12", "libcudart.so"):
        (folder / name).symlink_to("libcudart.so.12.6.68")
    (tmp_path / "usr/local/cuda").symlink_to("cuda-12.6")
    assert paths(tmp_path) == [JETPACK, *LOADER]


def loading(driver: int, **runtimes: int) -> tuple[list[str], CudartLibrary | None]:
    """Return the libraries that were loaded, and the chosen one."""
    loaded: list[str] = []

    def load(path: str) -> CudartLibrary:
        loaded.append(path)
        if not runtimes[path]:
            raise OSError(path)
        return CudartLibrary(None, path, runtimes[path], driver)

    return loaded, choose_library(runtimes, load)


@pytest.mark.parametrize(
    ("driver", "runtimes", "chosen"),
    [
        (13020, {"pip": 13000, "system": 12060}, "pip"),
        (12060, {"pip": 13040, "system": 12060}, "system"),
        (12060, {"broken": 0, "old": 11080}, "old"),
        (12060, {"newer": 13000, "minor": 12090}, "minor"),
        (11080, {"newer": 13000, "new": 12090}, "newer"),
        (0, {"first": 13000, "second": 12060}, "first"),
    ],
)
def test_the_first_library_that_the_driver_can_run_is_taken(
    driver: int, runtimes: dict[str, int], chosen: str
) -> None:
    loaded, library = loading(driver, **runtimes)
    assert library is not None
    assert library.path == chosen
    assert chosen in loaded


@pytest.mark.parametrize(
    ("jetson", "advice"), [(True, "apt install nvidia-jetpack"), (False, "pip install nvidia")]
)
def test_a_machine_without_the_library_is_shown_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, *, jetson: bool, advice: str
) -> None:
    monkeypatch.setattr(cudart_library, "is_jetson", lambda: jetson)
    with pytest.raises(BackendUnavailableError, match=rf"libcudart.*not found.*{advice}") as caught:
        loading(12060, broken=0)
    assert "\n" not in str(caught.value)


def test_a_library_that_lacks_a_function_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cudart_library, "CDLL", lambda _: object())
    with pytest.raises(BackendUnavailableError, match="not found"):
        choose_library(["libcudart.so.10"])


@pytest.mark.parametrize(
    ("name", "version"), [("libcudart.so.11.0", 11000), ("libcudart.so.12.6.68", 12060), ("libcudart.so", 0)]
)
def test_a_library_that_does_not_tell_its_version_has_the_one_of_its_name(
    tmp_path: Path, fake_cudart: Any, fake_cudart_path: str, name: str, version: int
) -> None:
    copied = tmp_path / name
    shutil.copy(fake_cudart_path, copied)
    load_library(str(copied)).functions.test_versions(0, 0)
    assert load_library(str(copied)).runtime == version
