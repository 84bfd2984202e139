"""transformers' own reading of a checkpoint folder: configuration, weights and front end.

Nothing here comes from what the exporter parsed, so that a wrong reading of it cannot be on both sides of a
comparison. Shared are the folder, its layout, the kind of checkpoint, and the prefix of its tensors' names.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import torch
from safetensors import safe_open
from transformers import (
    Qwen3ASRConfig,
    Qwen3ASRFeatureExtractor,
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRForTokenClassification,
)
from transformers.utils import logging

from edge_export.checkpoint.adapter.adapter_config import is_adapter
from edge_export.checkpoint.features import processor_file
from edge_export.checkpoint.tensor_prefix import find_prefix
from edge_export.checkpoint.weight_files import weight_files
from edge_export.parity.unmerged_adapter import attach_adapter
from edge_runtime.errors import CheckpointError, ParityError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_runtime.bundle.manifest import Kind

_CLASSES: Final[dict[Kind, Any]] = {
    "asr": Qwen3ASRForConditionalGeneration,
    "aligner": Qwen3ASRForTokenClassification,
}
HEAD_NAMES: Final[dict[Kind, str]] = {"asr": "lm_head.", "aligner": "score."}
_OFFICIAL_HEAD: Final = "thinker.lm_head.weight"
ORIGINAL_NAMES: Final = {
    r"^thinker\.audio_tower\.proj1\.": "model.multi_modal_projector.linear_1.",
    r"^thinker\.audio_tower\.proj2\.": "model.multi_modal_projector.linear_2.",
    r"^thinker\.audio_tower\.": "model.audio_tower.",
    r"^thinker\.model\.": "model.language_model.",
}
"""Names of the official package's classes → those of transformers; a test holds it to either's own list."""


def read_model_config(directory: Path) -> Qwen3ASRConfig:
    """Return the configuration as transformers understands it.

    Raises:
        CheckpointError: transformers refuses it.
    """
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    settings = json.loads((directory / "config.json").read_text("utf-8"))
    try:
        if "thinker_config" not in settings:
            return Qwen3ASRConfig.from_pretrained(directory, local_files_only=True)
        return Qwen3ASRConfig(**_from_thinker(settings))
    except Exception as error:  # configurations raise their own, and what their checks raise
        raise CheckpointError(f"{directory / 'config.json'}: transformers refuses it ({error}).") from error


def load_model(checkpoint: Checkpoint) -> Any:
    """Load a checkpoint in float32 by `from_pretrained`, with its adapter if it has one.

    Raises:
        ParityError: transformers misses a tensor, or has no place for one.
    """
    directory, kind = checkpoint.source.directory, checkpoint.config.kind
    config = read_model_config(directory)
    # The official package ties its head even if the file's copy differs; transformers would take the copy.
    is_original = checkpoint.config.layout == "original"
    skips_head = is_original and kind == "asr" and config.tie_word_embeddings
    head = {} if skips_head else {r"^thinker\.lm_head\.": HEAD_NAMES[kind]}
    with _without_adapter(directory) as base:
        model, report = _CLASSES[kind].from_pretrained(
            base,
            config=config,
            key_mapping=_names(directory) | head,
            dtype=torch.float32,
            attn_implementation="sdpa",
            local_files_only=True,
            output_loading_info=True,
        )
    _require_all_read(report, {_OFFICIAL_HEAD} if skips_head else set(), directory)
    if checkpoint.adapter is not None:
        attach_adapter(model, checkpoint.adapter)
    return model.eval()


def _require_all_read(report: dict[str, Any], skipped: set[str], directory: Path) -> None:
    for problem in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        for name in sorted({str(name) for name in report[problem]} - skipped)[:1]:
            raise ParityError(
                f"{directory}: transformers reports {problem}, the first is {name}; the reference of this "
                f"build would be another model. Nothing was installed."
            )


def load_extractor(directory: Path, num_mel_bins: int) -> Qwen3ASRFeatureExtractor:
    """Return transformers' front end with the settings of a folder, its own defaults where there are none."""
    path = processor_file(directory)
    if path is None:
        return Qwen3ASRFeatureExtractor(feature_size=num_mel_bins)  # type: ignore[no-untyped-call]
    settings = json.loads(path.read_text("utf-8"))
    settings = settings.get("feature_extractor", settings)
    return Qwen3ASRFeatureExtractor(**settings)  # type: ignore[no-untyped-call]


@contextmanager
def _without_adapter(directory: Path) -> Iterator[Path]:
    """Yield a folder with the same checkpoint and no adapter.

    Where PEFT is installed, transformers loads one that lies beside a checkpoint by itself.
    """
    if not is_adapter(directory):
        yield directory
        return
    with TemporaryDirectory() as root:
        for path in directory.iterdir():
            if not path.name.startswith("adapter_"):
                (Path(root) / path.name).symlink_to(path.resolve())
        yield Path(root)


def _from_thinker(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of transformers' configuration for one of the official package."""
    thinker: dict[str, Any] = settings["thinker_config"]
    text = thinker["text_config"]
    arguments: dict[str, Any] = {
        name: thinker[name] for name in ("audio_token_id", "initializer_range") if name in thinker
    }
    if "classify_num" in thinker:
        arguments["num_labels"] = thinker["classify_num"]
    if "timestamp_token_id" in settings:
        arguments["timestamp_token_id"] = settings["timestamp_token_id"]
    return arguments | {
        "audio_config": thinker["audio_config"] | {"model_type": "qwen3_asr_encoder"},
        "text_config": text | {"model_type": "qwen3"},
        # What decides in the official package, as its class under transformers 4.57 shows.
        "tie_word_embeddings": text.get("tie_word_embeddings", True),
    }


def _names(directory: Path) -> dict[str, str]:
    """Return the renaming of stored names to those of transformers' classes, as regular expressions."""
    stored: list[str] = []
    for path in weight_files(directory):
        with safe_open(path, framework="pt") as file:
            stored += file.keys()
    prefix = find_prefix(stored)
    names = {f"^{re.escape(prefix.surplus)}": ""} if prefix.surplus else {}
    if prefix.missing:
        beside = r"(?!lm_head\.|score\.)" if prefix.missing == "model." else ""
        names[rf"^(?!{re.escape(prefix.missing)}){beside}"] = prefix.missing
    return names | ORIGINAL_NAMES
