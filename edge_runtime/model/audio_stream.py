"""Embeddings of a recording that grows: those of finished windows are kept."""

from __future__ import annotations

from typing import Final

import numpy as np

from edge_runtime.arrays import AudioEmbeds, LogMel, Waveform
from edge_runtime.bundle.specs import EncoderSpec
from edge_runtime.model.encoder import Encoder, num_audio_tokens
from edge_runtime.model.fbank_stream import FbankStream
from edge_runtime.stopwatch import Stopwatch


class AudioStream:
    """One recording. Each call encodes the open window, and finished ones only if the floor changed them.

    Attributes:
        num_encoded_frames: mel frames that the encoder was given in all calls.
    """

    def __init__(self, fbank: FbankStream, encoder: Encoder, spec: EncoderSpec) -> None:
        """Begin without samples.

        Args:
            fbank: features of the recording.
            encoder: of the bundle; others use it too, one at a time.
            spec: its geometry.
        """
        self._fbank: Final = fbank
        self._encoder: Final = encoder
        self._window_frames: Final = spec.window_frames
        self._window_tokens: Final = num_audio_tokens(spec.window_frames, spec)
        self._kept: AudioEmbeds = np.zeros((0, spec.output_size), np.float32)
        self.num_encoded_frames = 0

    @property
    def num_samples(self) -> int:
        """Of the recording so far."""
        return self._fbank.num_samples

    def push(self, samples: Waveform) -> None:
        """Take the next samples, shape (num_samples,)."""
        self._fbank.push(samples)

    def encode(self, stopwatch: Stopwatch) -> tuple[AudioEmbeds, int]:
        """Embed all samples so far, which are `FeatureSpec.min_samples` at least.

        Args:
            stopwatch: measures the stages "frontend" and "encoder".

        Returns:
            One row per audio token, shape (A, H), as `AudioEncoder.encode` gives them; and how many of them,
            from the first on, are what they were in the call before.
        """
        with stopwatch.stage("frontend"):
            num_equal = self._fbank.update() // self._window_frames
            # Nothing is kept if the encoder fails: the floor is the new one already.
            kept, self._kept = self._kept, self._kept[:0]
            num_equal = min(num_equal, len(kept) // self._window_tokens)
            log_mel = self._fbank.log_mel(num_equal * self._window_frames)
        num_kept = num_equal * self._window_tokens
        with stopwatch.stage("encoder"):
            embeds = np.concatenate([kept[:num_kept], self._embed(log_mel)])
        num_finished = self._fbank.num_finished // self._window_frames
        self._kept = embeds[: num_finished * self._window_tokens]
        return embeds, num_kept

    def _embed(self, log_mel: LogMel) -> AudioEmbeds:
        num_frames = log_mel.shape[1]
        self.num_encoded_frames += num_frames
        # Between two windows no frame is new.
        return self._encoder.encode(log_mel) if num_frames else self._kept[:0]
