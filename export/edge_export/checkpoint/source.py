"""Which checkpoint is meant: a short name, a folder, or a model hub's id."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from edge_runtime.bundle.shipped import RELEASED
from edge_runtime.errors import CheckpointError

Hub = Literal["hf", "modelscope"]

MINI: Final = "mini"
MINI_ALIGNER: Final = "mini-aligner"
_NAMES: Final = (MINI, MINI_ALIGNER, *RELEASED)
_SHIPPED: Final = Path("engines") / "checkpoints"
_HUB_ID_PARTS: Final = 2
_PATTERNS: Final = ("*.json", "*.safetensors", "merges.txt")


@dataclass(frozen=True, slots=True)
class Source:
    """A checkpoint on this machine.

    Attributes:
        directory: the folder.
        model_id: as requested: a hub id, or the folder's name.
        name: lower-case name for the bundle.
        revision: the hub's commit, where there is one.
    """

    directory: Path
    model_id: str
    name: str
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class HubOptions:
    """How to fetch from a model hub.

    Attributes:
        hub: which one.
        model_dir: cache folder; the hub client's own by default.
        revision: branch, tag or commit.
        local_files_only: use what is in the cache, never the network.
    """

    hub: Hub = "hf"
    model_dir: Path | None = None
    revision: str | None = None
    local_files_only: bool = False


def resolve(model: str, options: HubOptions) -> Source:
    """Find a checkpoint, fetching it from a hub if it is not a folder.

    Args:
        model: `mini`, `mini-aligner`, `0.6b`, `1.7b`, `aligner`, a folder, or a hub id such as
            `Qwen/Qwen3-ASR-0.6B`.
        options: for hub ids.

    Raises:
        CheckpointError: there is no such checkpoint, or it cannot be fetched.
    """
    if model in (MINI, MINI_ALIGNER):
        return Source(shipped_checkpoint(model), model, model)
    path = Path(model).expanduser()
    if path.is_dir():
        resolved = path.resolve()
        return Source(resolved, resolved.name, resolved.name.lower())
    model_id = RELEASED.get(model.lower(), model)
    if not _is_hub_id(model_id):
        raise CheckpointError(
            f"No checkpoint {model!r}: not a folder here, and not {', '.join(_NAMES)} or a hub id such as "
            f"Qwen/Qwen3-ASR-0.6B."
        )
    fetch = _from_modelscope if options.hub == "modelscope" else _from_hugging_face
    directory, revision = fetch(model_id, options)
    return Source(directory, model_id, model_id.split("/")[-1].lower(), revision)


def shipped_checkpoint(name: str = MINI) -> Path:
    """Return the folder of a mini checkpoint that the repository ships.

    Raises:
        CheckpointError: this is no checkout of the repository, or the checkpoint is not in it.
    """
    roots = (Path.cwd(), Path(__file__).resolve().parents[3])
    for root in roots:
        if (root / _SHIPPED / name / "config.json").is_file():
            return root / _SHIPPED / name
    raise CheckpointError(
        f"No checkpoint {name}: {_SHIPPED / name} is not in {' or '.join(map(str, roots))}. "
        f"Run inside a checkout of the repository, or name another model."
    )


def _is_hub_id(model: str) -> bool:
    parts = model.split("/")
    return len(parts) == _HUB_ID_PARTS and all(parts) and not model.startswith((".", "~", os.sep))


def _from_hugging_face(model_id: str, options: HubOptions) -> tuple[Path, str | None]:
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - slow to import, and often not needed

    try:
        path = snapshot_download(
            model_id,
            revision=options.revision,
            cache_dir=options.model_dir,
            local_files_only=options.local_files_only,
            allow_patterns=list(_PATTERNS),
        )
    except Exception as error:  # the hub client raises its own, httpx's and OSError alike
        raise _unreachable(model_id, "Hugging Face", error) from error
    # The cache keeps a snapshot in a folder named by its commit.
    return Path(path), Path(path).name


def _from_modelscope(model_id: str, options: HubOptions) -> tuple[Path, str | None]:
    try:
        from modelscope import snapshot_download  # noqa: PLC0415 - optional
    except ModuleNotFoundError as error:
        raise CheckpointError(
            "--source modelscope needs the Python package 'modelscope', which is not installed. "
            "Install it with `pip install 'edge-asr[modelscope]'`."
        ) from error
    try:
        path = snapshot_download(
            model_id,
            revision=options.revision,
            cache_dir=str(options.model_dir) if options.model_dir else None,
            local_files_only=options.local_files_only,
            allow_patterns=list(_PATTERNS),
        )
    except Exception as error:  # as above
        raise _unreachable(model_id, "ModelScope", error) from error
    return Path(path), options.revision


def _unreachable(model_id: str, hub: str, error: Exception) -> CheckpointError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return CheckpointError(
        f"{model_id} cannot be fetched from {hub} ({type(error).__name__}: {reason[:300]}). "
        f"Check the name and the network, or fetch it elsewhere and name the folder."
    )
