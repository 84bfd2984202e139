"""What the server orders, and who does it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from edge_runtime.alignment.word_timestamps import add_word_timestamps
from edge_runtime.arrays import Seconds
from edge_runtime.recognition.answers.tokens import tokens_of
from edge_runtime.results.transcript import Transcript
from edge_runtime.serve.model.messages import (
    Align,
    AlignmentAnswer,
    Beat,
    Cancel,
    Failed,
    Load,
    OpenStream,
    Order,
    Piece,
    Transcribe,
    TranscriptAnswer,
)
from edge_runtime.serve.worker.batcher import Batcher
from edge_runtime.serve.worker.failing import failed
from edge_runtime.serve.worker.live_stream import LiveStream, Send
from edge_runtime.serve.worker.models import Models
from edge_runtime.serve.worker.pulse import Pulse
from edge_runtime.serve.worker.transcription import Transcription, open_audio, options_of
from edge_runtime.serve.worker.waiting import Waiting

_NUM_READERS: Final = 4
"""Recordings that are read, surveyed and cut at a time."""


class Orders:
    """Gives each order to the thread that does it, and answers."""

    def __init__(self, models: Models, send: Send, beat_s: Seconds) -> None:
        """Start the threads.

        Args:
            models: loaded.
            send: takes answers, from any thread; raises `OSError` once the server is gone.
            beat_s: seconds between two signs of life.
        """
        self._models: Final = models
        self._send_or_raise: Final = send
        self._jobs: Final[dict[int, Transcription]] = {}
        self._streams: Final[dict[int, LiveStream]] = {}
        self._waiting: Final = Waiting()
        self._pulse: Final = Pulse()
        self._readers: Final = ThreadPoolExecutor(_NUM_READERS, "edge-asr-reader")
        self._alignments: Final = ThreadPoolExecutor(1, "edge-asr-aligner")
        Batcher(models, self._waiting, self._pulse, self).start()
        self._pulse.beat(beat_s, lambda: send(Beat(self._pulse.busy_s, len(self._waiting))))

    def follow(self, order: Order) -> None:
        """Begin what an order says."""
        if isinstance(order, Transcribe):
            job = self._jobs[order.id] = Transcription(order)
            self._waiting.add(job)
            self._readers.submit(self._read, job)
        elif isinstance(order, Align):
            self._alignments.submit(self._align, order)
        elif isinstance(order, OpenStream):
            self._streams[order.id] = LiveStream(order, self._models, self._pulse, self._send)
        elif isinstance(order, Cancel):
            self._cancel(order.id)
        elif not isinstance(order, Load) and order.id in self._streams:
            self._streams[order.id].put(order)

    def piece(self, piece: Piece) -> None:
        """See `Answers`."""
        self._send(piece)

    def result(self, job: Transcription, result: Transcript | Exception) -> None:
        """See `Answers`."""
        if isinstance(result, Exception):
            self._answer(failed(job.order.id, result, job.order.path))
        elif job.order.words and self._models.aligner is not None:
            self._alignments.submit(self._add_words, job, result)
        else:
            self._answer(TranscriptAnswer(job.order.id, result, tuple(tokens_of(result))))

    def _cancel(self, call_id: int) -> None:
        if (job := self._jobs.pop(call_id, None)) is not None:
            self._waiting.remove(job)
        if (stream := self._streams.pop(call_id, None)) is not None:
            stream.cancel()

    def _read(self, job: Transcription) -> None:
        """Read a recording piece by piece, as fast as it is decoded."""
        try:
            job.recording = self._models.recognizer.open_recording(
                open_audio(job.order), options_of(job.order), max_audio_s=job.order.max_audio_s
            )
            for step in job.recording.steps:
                if not self._waiting.put(job, step):
                    return
        except Exception as error:  # noqa: BLE001  # of this request alone
            if not job.is_cancelled:
                self._waiting.remove(job)
                self._answer(failed(job.order.id, error, job.order.path))

    def _add_words(self, job: Transcription, transcript: Transcript) -> None:
        if job.order.id not in self._jobs:  # cancelled
            return
        assert self._models.aligner is not None, "it was there when the transcript came"
        try:
            with self._pulse.working():
                timed = add_word_timestamps(transcript, self._models.aligner, open_audio(job.order))
        except Exception as error:  # noqa: BLE001  # of this request alone
            self._answer(failed(job.order.id, error, job.order.path))
        else:
            self._answer(TranscriptAnswer(job.order.id, timed))

    def _align(self, order: Align) -> None:
        assert self._models.aligner is not None, "the server knows that there is one"
        try:
            with self._pulse.working():
                alignment = self._models.aligner.align(Path(order.path), order.text, order.language)
        except Exception as error:  # noqa: BLE001  # of this request alone
            self._answer(failed(order.id, error, order.path))
        else:
            audio = replace(alignment.audio, path=None)
            self._answer(AlignmentAnswer(order.id, replace(alignment, audio=audio)))

    def _answer(self, answer: TranscriptAnswer | AlignmentAnswer | Failed) -> None:
        self._jobs.pop(answer.id, None)
        self._send(answer)

    def _send(self, message: msgspec.Struct) -> None:
        with suppress(OSError):  # the main thread notices
            self._send_or_raise(message)
