"""A checkpoint, read and checked: all that the stages of a build need to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_export.checkpoint.config import read_config
from edge_export.checkpoint.features import read_features
from edge_export.checkpoint.prompt import derive_aligner, derive_languages, derive_prompt
from edge_export.checkpoint.provenance import describe
from edge_export.checkpoint.tokenizer import load_tokenizer
from edge_export.checkpoint.weights import open_weights, weight_files

if TYPE_CHECKING:
    from edge_export.checkpoint.config import ModelConfig
    from edge_export.checkpoint.source import Source
    from edge_export.checkpoint.tokenizer import CheckpointTokenizer
    from edge_export.checkpoint.weights import Weights
    from edge_runtime.bundle.manifest import Language, Provenance
    from edge_runtime.bundle.specs import AlignerSpec, FeatureSpec, PromptSpec


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint in either layout; `prompt` is set for recognizers, `aligner` for aligners."""

    source: Source
    config: ModelConfig
    weights: Weights
    tokenizer: CheckpointTokenizer
    features: FeatureSpec
    prompt: PromptSpec | None
    aligner: AlignerSpec | None
    languages: tuple[Language, ...]
    provenance: Provenance


def read_checkpoint(source: Source) -> Checkpoint:
    """Read and check everything but the weights' values.

    Raises:
        CheckpointError: something is missing, damaged, inconsistent, or of another family.
    """
    config = read_config(source.directory)
    tokenizer = load_tokenizer(source.directory)
    return Checkpoint(
        source=source,
        config=config,
        weights=open_weights(source.directory, config),
        tokenizer=tokenizer,
        features=read_features(source.directory, config.audio.num_mel_bins),
        prompt=derive_prompt(tokenizer, config) if config.kind == "asr" else None,
        aligner=derive_aligner(tokenizer, config) if config.kind == "aligner" else None,
        languages=derive_languages(tokenizer, config),
        provenance=describe(source, config, weight_files(source.directory)),
    )
