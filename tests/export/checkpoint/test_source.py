"""Which checkpoint a name means."""

from __future__ import annotations

import sys
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from edge_export.checkpoint.source import HubOptions, resolve
from edge_runtime.errors import CheckpointError


@pytest.fixture
def hub_calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, object]:
    """Records requests to the hub client, and returns a folder named like a commit."""
    calls: dict[str, object] = {}

    def snapshot_download(model_id: str, **options: object) -> str:
        calls.update(options, model_id=model_id)
        return str(tmp_path / "snapshots" / "0123abcd")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return calls


def test_mini_is_the_repositorys_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    source = resolve("mini", HubOptions())
    assert (source.name, source.directory.parts[-3:]) == ("mini", ("engines", "checkpoints", "mini"))


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "My-Model"
    folder.mkdir()
    source = resolve(str(folder), HubOptions())
    assert (source.directory, source.model_id, source.name) == (folder, "My-Model", "my-model")


@pytest.mark.parametrize(
    ("requested", "model_id"),
    [
        ("0.6b", "Qwen/Qwen3-ASR-0.6B"),
        ("1.7B", "Qwen/Qwen3-ASR-1.7B"),
        ("someone/Qwen3-ASR-0.6B-tuned", "someone/Qwen3-ASR-0.6B-tuned"),
    ],
)
def test_hub_ids_are_fetched(
    hub_calls: dict[str, object], tmp_path: Path, requested: str, model_id: str
) -> None:
    source = resolve(requested, HubOptions(model_dir=tmp_path, revision="v1", local_files_only=True))
    assert (source.model_id, source.revision) == (model_id, "0123abcd")
    assert source.name == model_id.split("/")[1].lower()
    assert hub_calls["model_id"] == model_id
    assert (hub_calls["revision"], hub_calls["cache_dir"], hub_calls["local_files_only"]) == (
        "v1",
        tmp_path,
        True,
    )
    assert {"*.safetensors", "*.json", "merges.txt"} <= set(hub_calls["allow_patterns"])


def test_an_empty_cache_without_network_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(
        CheckpointError, match=r"Qwen/Qwen3-ASR-0\.6B cannot be fetched from Hugging Face"
    ) as caught:
        resolve("0.6b", HubOptions(model_dir=tmp_path, local_files_only=True))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "error", [LocalEntryNotFoundError("offline\nmode"), OSError("no route"), ValueError("x")]
)
def test_whatever_the_hub_client_raises_is_translated(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def snapshot_download(*_: object, **__: object) -> str:
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    with pytest.raises(CheckpointError, match=type(error).__name__) as caught:
        resolve("a/b", HubOptions())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["7b", "no-such-folder", "./a/b", "/a/b", "a/b/c", "a/"])
def test_what_is_neither_folder_nor_id_is_refused(name: str) -> None:
    with pytest.raises(CheckpointError, match=r"not a folder here, and not mini, mini-aligner, 0\.6b, 1\.7b"):
        resolve(name, HubOptions())


def test_modelscope_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "modelscope", None)
    with pytest.raises(CheckpointError, match=r"pip install 'edge-asr\[modelscope\]'"):
        resolve("0.6b", HubOptions(hub="modelscope"))
