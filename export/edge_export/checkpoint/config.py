"""The configuration of a checkpoint, in one shape for both layouts; `config_file` reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from edge_runtime.bundle.manifest import Kind

Layout = Literal["hf", "original"]

ALIGNER_ARCHITECTURE: Final = "Qwen3ASRForTokenClassification"
_CONV_STRIDE: Final = 8
"""Three convolutions of stride two."""


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """The audio encoder and its projector."""

    d_model: int
    num_layers: int
    num_heads: int
    ffn_dim: int
    output_dim: int
    num_mel_bins: int
    conv_channels: int
    chunk_frames: int
    window_frames: int

    @property
    def chunk_tokens(self) -> int:
        """Tokens of one chunk after the convolutions."""
        return -(-self.chunk_frames // _CONV_STRIDE)

    @property
    def window_chunks(self) -> int:
        """Chunks of one attention window."""
        return self.window_frames // self.chunk_frames

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.d_model // self.num_heads

    @property
    def conv_features(self) -> int:
        """Width of one token before the convolution projection: channels times remaining mel bins."""
        return self.conv_channels * -(-self.num_mel_bins // _CONV_STRIDE)


@dataclass(frozen=True, slots=True)
class TextConfig:
    """The text decoder."""

    hidden_size: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    intermediate_size: int
    vocab_size: int
    max_positions: int
    rope_theta: float
    rms_norm_eps: float
    has_own_head: bool = False
    """Whether the head is a table of its own, not that of the tokens; an aligner's classifier is none."""


@dataclass(frozen=True, slots=True)
class AlignerConfig:
    """The head of a forced aligner.

    Attributes:
        num_classes: times it can name.
        bin_ms: milliseconds from one to the next.
        slot_id: id of the token that stands for a time, None where config.json does not state it.
    """

    num_classes: int
    bin_ms: float
    slot_id: int | None


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A whole checkpoint's configuration."""

    layout: Layout
    kind: Kind
    architecture: str
    audio: AudioConfig
    text: TextConfig
    audio_token_id: int
    eos_ids: tuple[int, ...]
    """From config.json or generation_config.json; empty where neither names any."""
    languages: tuple[str, ...]
    """Language names that the checkpoint lists; empty where it lists none."""
    aligner: AlignerConfig | None = None
    """Of kind "aligner"."""
    ties_head: bool = True
    """Whether config.json ties the head to the embedding; what the weights hold may still differ."""
