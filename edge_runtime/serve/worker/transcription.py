"""One recording on its way through the model process."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from edge_runtime.audio.source import AudioSource
from edge_runtime.errors import AudioError
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.long.pending import PendingRecording
from edge_runtime.recognition.long.pieces import Piece as AudioPiece
from edge_runtime.recognition.long.pieces import Step
from edge_runtime.recognition.long.second_look import Look
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.results.transcript import Transcript
from edge_runtime.serve.model.messages import Piece, Transcribe
from edge_runtime.vad.options import VadOptions
from edge_runtime.vad.segmentation import SegmentOptions

_SAMPLE_BYTES: Final = 2


def open_audio(order: Transcribe) -> AudioSource:
    """Return the recording of a request.

    Raises:
        AudioError: there are no samples.
    """
    path = Path(order.path)
    if order.raw_rate is None:
        return path
    num_samples = path.stat().st_size // _SAMPLE_BYTES
    if not num_samples:
        raise AudioError("The audio holds no samples. Send 16-bit samples of a recording with sound in it.")
    return order.raw_rate, np.memmap(path, "<i2", "r", shape=(num_samples,))


def options_of(order: Transcribe) -> TranscribeOptions:
    """Return the options of a request.

    Raises:
        UsageError: a figure that means nothing.
    """
    vad, segments = VadOptions(), SegmentOptions()
    if order.threshold is not None:
        vad = replace(vad, threshold=order.threshold, neg_threshold=min(vad.neg_threshold, order.threshold))
    if order.margin_s is not None:
        segments = replace(segments, margin_sec=order.margin_s)
    if order.merge_pause_s is not None:
        segments = replace(segments, merge_pause_sec=order.merge_pause_s)
    clips = () if order.clip_s is None else (0.0, order.clip_s)
    long = LongOptions(vad=vad, segments=segments, clip_timestamps=clips)
    return TranscribeOptions(
        language=order.language, context=order.context, long=long, keep_tokens=order.logprobs
    )


@dataclass(slots=True)
class Transcription:
    """A request and how far it is.

    Attributes:
        order: as it came.
        recording: opened, None before.
        steps: that were read and wait to be decoded.
        is_cancelled: nobody waits for it any more.
    """

    order: Transcribe
    recording: PendingRecording | None = None
    steps: deque[Step] = field(default_factory=deque)
    is_cancelled: bool = False

    def add(self, look: Look | None) -> list[Piece]:
        """Take what became of the next step; return its texts, if the client wants them.

        Args:
            look: of its piece, None where it has none.
        """
        assert self.recording is not None, "it was opened before it was read"
        pieces = []
        for piece, result in look or ():
            self.recording.assembly.add(piece, result)
            if self.order.pieces and isinstance(result, Transcript) and result.text:
                span = piece.span
                pieces.append(Piece(id=self.order.id, text=result.text, start=span.start, end=span.end))
        return pieces

    def end(self, step: Step) -> Transcript | AudioError | None:
        """Return the result where a step is the last, else None."""
        assert self.recording is not None, "it was opened before it was read"
        if step.end is None:
            return None
        result = self.recording.assembly.end(step.end)
        # The spooled file's name is the server's own affair.
        return result if isinstance(result, AudioError) else unnamed(result)


def unnamed(transcript: Transcript) -> Transcript:
    """Return a transcript without the path of its file."""
    return replace(transcript, audio=replace(transcript.audio, path=None))


@dataclass(slots=True)
class Turn:
    """The steps of one request in a pool, and what became of them.

    Attributes:
        job: the request.
        steps: in order.
        looks: index of a step → what became of it.
        num_done: steps that were delivered.
    """

    job: Transcription
    steps: list[Step] = field(default_factory=list)
    looks: dict[int, Look] = field(default_factory=dict)
    num_done: int = 0

    def undecoded(self) -> dict[int, AudioPiece]:
        """Return index and piece of the steps that are left to decode."""
        pieces = {at: step.piece for at, step in enumerate(self.steps) if step.piece is not None}
        return {at: piece for at, piece in pieces.items() if at not in self.looks}

    def ready(self) -> Sequence[tuple[Step, Look | None]]:
        """Return the steps that can be delivered now, each once, in order."""
        done = []
        while self.num_done < len(self.steps):
            step, look = self.steps[self.num_done], self.looks.get(self.num_done)
            if step.piece is not None and look is None:
                break
            done.append((step, look))
            self.num_done += 1
        return done
