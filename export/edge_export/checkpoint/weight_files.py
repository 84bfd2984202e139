"""Which files of a folder hold its weights, and what is there instead where none do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edge_export.checkpoint.config_file import read_json
from edge_runtime.errors import CheckpointError

if TYPE_CHECKING:
    from pathlib import Path

_SINGLE: Final = "model.safetensors"
_INDEX: Final = "model.safetensors.index.json"
_OTHER_FORMATS: Final = ("*.bin", "*.pt", "*.pth", "*.gguf", "*.npz", "*.onnx")


def weight_files(directory: Path) -> tuple[Path, ...]:
    """Return the safetensors files of a checkpoint folder, one or many.

    One file goes before an index, as in transformers: training tools leave an old index beside it.

    Raises:
        CheckpointError: there are none, or the index names a file that is missing.
    """
    if (directory / _SINGLE).is_file():
        return (directory / _SINGLE,)
    index = directory / _INDEX
    if not index.is_file():
        raise CheckpointError(
            f"{directory}: no weights here (neither {_SINGLE} nor {_INDEX}). {_advice(directory)}"
        )
    try:
        shards = sorted(set(read_json(index)["weight_map"].values()))
    except (KeyError, AttributeError, TypeError) as error:
        raise CheckpointError(f"{index}: holds no weight_map. Fetch the checkpoint again.") from error
    missing = [name for name in shards if not (directory / name).is_file()]
    if missing:
        raise CheckpointError(
            f"{directory}: {_INDEX} names {len(shards)} files, missing: {', '.join(missing)}. "
            f"Fetch the checkpoint again."
        )
    return tuple(directory / name for name in shards)


def _advice(directory: Path) -> str:
    others = sorted(path.name for pattern in _OTHER_FORMATS for path in directory.glob(pattern))
    if not others:
        return "Fetch the checkpoint again."
    return (
        f"There is {others[0]}, which edge-asr does not read: load it where it was made and save it with "
        f"`save_pretrained`, which writes safetensors."
    )
