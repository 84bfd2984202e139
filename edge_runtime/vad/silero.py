"""Where speech is, by silero's network: probabilities of a recording or of a stream."""

from __future__ import annotations

from copy import copy
from typing import Final

import numpy as np

from edge_runtime.arrays import Array, Waveform
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.vad.growing_array import GrowingArray
from edge_runtime.vad.level import LevelNormalizer
from edge_runtime.vad.silero_network import CONTEXT_SAMPLES, SileroNetwork, SileroState
from edge_runtime.vad.timestamps import FRAME_SAMPLES

COMPONENT: Final = "vad"
"""Of a bundle. Older bundles have none, and then nothing is known to be silence."""
_BLOCK_FRAMES: Final = 1000
"""Frames at once, which bounds memory to about 10 MB; more are no faster."""


class SileroVad:
    """A voice activity detector. Threads may share it; each stream belongs to one."""

    def __init__(self, network: SileroNetwork) -> None:
        self._network: Final = network

    @classmethod
    def of(cls, bundle: Bundle) -> SileroVad | None:
        """Return the detector of a verified bundle, None where the bundle has none.

        Raises:
            BundleError: its file is not silero's graph.
        """
        if COMPONENT not in bundle.manifest.components:
            return None
        return cls(SileroNetwork.read(bundle.file(bundle.component(COMPONENT).graph)))

    def stream(self) -> VadStream:
        """Return a stream, which begins in silence."""
        return VadStream(self._network)

    def live(self) -> LiveVad:
        """Return a stream that answers frame by frame, and begins in silence."""
        return LiveVad(self._network)

    def probabilities(self, waveform: Waveform) -> Array:
        """Return those of a whole recording; see `VadStream.finish`."""
        stream = self.stream()
        stream.feed(waveform)
        return stream.finish()


class VadStream:
    """One recording, fed in pieces. Its probabilities do not depend on how it is cut up."""

    def __init__(self, network: SileroNetwork) -> None:
        self._network: Final = network
        self._level: Final = LevelNormalizer()
        self._context: Array = np.zeros(CONTEXT_SAMPLES, np.float32)
        self._state = SileroState.zero()
        self._probabilities: Final = GrowingArray(np.float16)

    def feed(self, samples: Waveform) -> None:
        """Take samples at 16 kHz, float32, shape (n,) of any n. They are level-normalised here."""
        block = _BLOCK_FRAMES * FRAME_SAMPLES
        for start in range(0, len(samples), block):
            self._run(self._level.feed(samples[start : start + block]))

    def finish(self) -> Array:
        """Return the probability of speech in each 512 samples, float16, shape (num_frames,).

        The last frame may be shorter than 512 samples. The stream may be fed on, as if it had not ended here.
        """
        last, _, _ = self._judged(copy(self._level).finish())
        return self._probabilities.joined(last)

    def _run(self, frames: Array) -> None:
        probabilities, self._context, self._state = self._judged(frames)
        self._probabilities.extend(probabilities)

    def _judged(self, frames: Array) -> tuple[Array, Array, SileroState]:
        """Return the probabilities of frames, and context and state behind the last."""
        if not len(frames):
            return np.zeros(0, np.float16), self._context, self._state
        ends = frames[:, -CONTEXT_SAMPLES:]
        contexts = np.concatenate([self._context[None], ends[:-1]])
        inputs = np.concatenate([contexts, frames], axis=1)
        probabilities, state = self._network.run(inputs, self._state)
        return probabilities.astype(np.float16), ends[-1].copy(), state


class LiveVad:
    """A stream whose frames are judged as they come, by what came before them; it keeps one second.

    Frames are computed one by one, so that no bit depends on how many came together. How its probabilities
    differ from those of `VadStream`: see `LevelNormalizer`.
    """

    def __init__(self, network: SileroNetwork) -> None:
        self._network: Final = network
        self._level: Final = LevelNormalizer(live=True)
        self._context: Array = np.zeros(CONTEXT_SAMPLES, np.float32)
        self._state = SileroState.zero()

    def probability(self, frame: Waveform) -> float:
        """Return the probability of speech in the next 512 samples at 16 kHz, float32, shape (512,)."""
        (scaled,) = self._level.feed(frame)
        probabilities, self._state = self._network.run(
            np.concatenate([self._context, scaled])[None], self._state
        )
        self._context = scaled[-CONTEXT_SAMPLES:]
        return float(np.float16(probabilities[0]))
