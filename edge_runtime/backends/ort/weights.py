"""Weights handed to ONNX Runtime: by descriptor, or as memory where descriptors have no paths."""

from __future__ import annotations

from mmap import mmap
from typing import Any, Final

from edge_runtime.backends.ort.onnx_file import OnnxModel
from edge_runtime.errors import BackendUnavailableError

_FOLDER: Final = "session.model_external_initializers_file_folder_path"


def give_weights(ort: Any, settings: Any, model: OnnxModel) -> list[mmap | bytes]:
    """Set a session's options so that it takes weights from the files of a model.

    A descriptor is mapped, as a file is. Memory is copied, so a session needs the size of the weights twice.

    Args:
        ort: the module.
        settings: its `SessionOptions`.
        model: whose weights they are.

    Returns:
        Memory that has to live until the session is made: the options hold its address alone.

    Raises:
        BackendUnavailableError: this ONNX Runtime takes no weights from memory, and the system has no paths
            of descriptors.
    """
    # ONNX Runtime takes relative names alone, and refuses what leads out of the folder.
    settings.add_session_config_entry(_FOLDER, "/")
    if all(name.startswith("proc/") for name in model.files):
        return []
    if not hasattr(settings, "add_external_initializers_from_files_in_memory"):
        raise BackendUnavailableError(
            f"onnxruntime {ort.__version__} takes no weights from memory, and descriptors have no paths "
            f"here. Install 1.24 or later: `pip install --upgrade onnxruntime`."
        )
    memory = [file.mapped() for file in model.files.values()]
    settings.add_external_initializers_from_files_in_memory([*model.files], memory, [*map(len, memory)])
    return memory
