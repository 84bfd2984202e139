"""Waveform in, audio embeddings out: log-mel features, then the encoder graph."""

from __future__ import annotations

from typing import Final

from edge_runtime.arrays import AudioEmbeds, LogMel, Waveform
from edge_runtime.backends.session import Session
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.bundle.specs import EncoderSpec, FeatureSpec
from edge_runtime.model.audio_stream import AudioStream
from edge_runtime.model.encoder import Encoder
from edge_runtime.model.fbank import Fbank
from edge_runtime.model.fbank_stream import FbankStream
from edge_runtime.stopwatch import Stopwatch


class AudioEncoder:
    """The stages of a model that see audio."""

    def __init__(self, session: Session, features: FeatureSpec, spec: EncoderSpec, batch: int) -> None:
        """Take a loaded graph.

        Args:
            session: the encoder graph.
            features: parameters of the log-mel features.
            spec: geometry of the encoder.
            batch: most windows of one call; it bounds memory.
        """
        self._feature_spec: Final = features
        self._spec: Final = spec
        self._fbank: Final = Fbank(features)
        self._encoder: Final = Encoder(session, spec, batch)

    @classmethod
    def of(cls, manifest: Manifest, session: Session) -> AudioEncoder:
        """Return the audio encoder of a bundle, given its loaded encoder graph."""
        return cls(session, manifest.features, manifest.encoder, manifest.limits.encoder_batch)

    def features(self, waveform: Waveform) -> LogMel:
        """Return log-mel features, shape (F, T); see `Fbank`."""
        return self._fbank(waveform)

    def embed(self, log_mel: LogMel) -> AudioEmbeds:
        """Return the embeddings of features of shape (F, T), shape (A, H); see `Encoder`."""
        return self._encoder.encode(log_mel)

    def stream(self) -> AudioStream:
        """Begin a recording that is encoded while it grows."""
        return AudioStream(FbankStream(self._fbank, self._feature_spec), self._encoder, self._spec)

    def encode(self, waveform: Waveform, stopwatch: Stopwatch | None = None) -> AudioEmbeds:
        """Embed a recording.

        Args:
            waveform: mono samples in [-1, 1] at the manifest's rate, shape (num_samples,).
            stopwatch: measures the stages "frontend" and "encoder".

        Returns:
            One row per audio token, shape (A, H).
        """
        stopwatch = stopwatch or Stopwatch()
        with stopwatch.stage("frontend"):
            log_mel = self.features(waveform)
        with stopwatch.stage("encoder"):
            return self.embed(log_mel)
