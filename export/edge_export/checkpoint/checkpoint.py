"""A checkpoint, read and checked: all that the stages of a build need to know of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from edge_export.checkpoint.adapter.adapter import read_adapter
from edge_export.checkpoint.adapter.adapter_config import refuse_adapter
from edge_export.checkpoint.config_file import generation_notices, read_config
from edge_export.checkpoint.features import read_features
from edge_export.checkpoint.prompt import derive_aligner, derive_languages, derive_prompt
from edge_export.checkpoint.provenance import describe
from edge_export.checkpoint.tensor_names import HEAD
from edge_export.checkpoint.tokenizer import load_tokenizer
from edge_export.checkpoint.weight_files import weight_files
from edge_export.checkpoint.weights import open_weights, settle_head

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.checkpoint.adapter.adapter import Adapter
    from edge_export.checkpoint.config import ModelConfig
    from edge_export.checkpoint.source import Source
    from edge_export.checkpoint.tokenizer import CheckpointTokenizer
    from edge_export.checkpoint.weights import Weights
    from edge_runtime.bundle.manifest import Language, Provenance
    from edge_runtime.bundle.specs import AlignerSpec, FeatureSpec, PromptSpec


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint in either layout; `prompt` is set for recognizers, `aligner` for aligners.

    Attributes:
        adapter: merged into the weights, None for none.
        notices: what a user should know of it, as sentences.
    """

    source: Source
    config: ModelConfig
    weights: Weights
    tokenizer: CheckpointTokenizer
    features: FeatureSpec
    prompt: PromptSpec | None
    aligner: AlignerSpec | None
    languages: tuple[Language, ...]
    provenance: Provenance
    adapter: Adapter | None = None
    notices: tuple[str, ...] = ()


def read_checkpoint(source: Source, adapter: Path | None = None) -> Checkpoint:
    """Read and check everything but the weights' values.

    Args:
        source: the checkpoint.
        adapter: folder of a LoRA adapter to merge into it.

    Raises:
        CheckpointError: something is missing, damaged, inconsistent, or of another family.
    """
    if adapter is None or adapter.resolve() != source.directory:
        refuse_adapter(source.directory)
    config = read_config(source.directory)
    weights = settle_head(open_weights(source.directory, config), config)
    merged = read_adapter(adapter, config) if adapter else None
    if merged:
        weights = merged.merge_into(weights)
    config = replace(config, text=replace(config.text, has_own_head=HEAD in weights.locations))
    tokenizer = load_tokenizer(source.directory)
    features = read_features(source.directory, config.audio.num_mel_bins)
    return Checkpoint(
        source=source,
        config=config,
        weights=weights,
        tokenizer=tokenizer,
        features=features.spec,
        prompt=derive_prompt(tokenizer, config) if config.kind == "asr" else None,
        aligner=derive_aligner(tokenizer, config) if config.kind == "aligner" else None,
        languages=derive_languages(tokenizer, config),
        provenance=_provenance(source, config, merged),
        adapter=merged,
        notices=(*weights.notices, *features.notices, *generation_notices(source.directory)),
    )


def _provenance(source: Source, config: ModelConfig, adapter: Adapter | None) -> Provenance:
    base = describe(source, config, weight_files(source.directory))
    if adapter is None:
        return base
    return msgspec.structs.replace(
        base,
        adapter=str(adapter.directory.expanduser().absolute()),
        checkpoint_files=base.checkpoint_files | adapter.digests(),
    )
