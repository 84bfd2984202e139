"""Log-mel in, audio embeddings out.

Attention stays within windows of 8 s, so a recording is a batch of windows. The cost is linear in its length,
and the embeddings of a complete window never change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from edge_runtime.arrays import Array, AudioEmbeds, LogMel
from edge_runtime.backends.session import Session
from edge_runtime.bundle.specs import EncoderSpec


class Encoder:
    """The audio encoder and its projector."""

    def __init__(self, session: Session, spec: EncoderSpec, batch: int) -> None:
        """Take a loaded graph.

        Args:
            session: the encoder graph.
            spec: its geometry.
            batch: most windows to run at once; it bounds memory.
        """
        self._spec: Final = spec
        self._batch: Final = batch
        self._binding: Final = session.bind({})

    def encode(self, log_mel: LogMel) -> AudioEmbeds:
        """Embed a recording, or the part of one that begins with one of its windows.

        Args:
            log_mel: features, shape (F, T), T >= 1.

        Returns:
            One row per audio token, shape (num_audio_tokens(T), H).
        """
        batches = list(self._batches(log_mel))
        pieces = [
            self._run(windows, num_frames, more_follow=index < len(batches))
            for index, (windows, num_frames) in enumerate(batches, start=1)
        ]
        num_tokens = num_audio_tokens(log_mel.shape[1], self._spec)
        return np.concatenate(pieces)[:num_tokens]

    def _batches(self, log_mel: LogMel) -> Iterator[tuple[Array, int]]:
        """Yield full windows, `batch` at a time, then the shorter last window padded to whole chunks.

        The second value is the number of frames of each window that are the recording's.
        """
        window = self._spec.window_frames
        num_full = log_mel.shape[1] // window
        for first in range(0, num_full, self._batch):
            last = min(first + self._batch, num_full)
            part = log_mel[:, first * window : last * window]
            yield part.reshape(part.shape[0], last - first, window).transpose(1, 0, 2), window
        rest = log_mel[:, num_full * window :]
        if rest.shape[1]:
            # Zeros, not the log floor: training padded the convolutions' input with zeros.
            padding = -rest.shape[1] % self._spec.chunk_frames
            yield np.pad(rest, ((0, 0), (0, padding)))[None], rest.shape[1]

    def _run(self, windows: Array, num_frames: int, *, more_follow: bool) -> AudioEmbeds:
        num_windows, _, num_padded = windows.shape
        num_tokens = num_audio_tokens(num_padded, self._spec)
        # Mask tokens that hold padding alone: the reference drops them before the layers.
        is_valid = np.arange(num_tokens) < num_audio_tokens(num_frames, self._spec)
        feeds = {"mel_windows": windows, "key_mask": np.tile(is_valid, (num_windows, 1))}
        embeds: AudioEmbeds = self._binding.run(feeds, more_follow=more_follow)["audio_embeddings"]
        return embeds.reshape(num_windows * num_tokens, -1)


def num_audio_tokens(num_frames: int, spec: EncoderSpec) -> int:
    """Return how many audio tokens stand for `num_frames` mel frames.

    Three convolutions of stride 2 leave 13 tokens of a chunk of 100 frames, ceil(r / 8) of a last one of r.
    """
    chunks, rest = divmod(num_frames, spec.chunk_frames)
    return chunks * spec.chunk_tokens + -(-rest // 8)
