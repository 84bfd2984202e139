"""Decodes the pieces of all requests together."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Thread
from time import sleep
from typing import Final, Protocol

from edge_runtime.errors import AudioError
from edge_runtime.results.transcript import Transcript
from edge_runtime.serve.model.messages import Piece
from edge_runtime.serve.worker.models import Models
from edge_runtime.serve.worker.pulse import Pulse
from edge_runtime.serve.worker.transcription import Transcription, Turn
from edge_runtime.serve.worker.waiting import Waiting

_POOL_PER_SLOT: Final = 2
"""Pieces taken for each slot, so that a slot that becomes free is filled at once. More would let a request
that comes now wait longer."""
_YIELD_S: Final = 0.001
"""Streams and readers wait for the graphs too, and a lock that is taken again at once starves them."""


class Answers(Protocol):
    """Takes what becomes of requests."""

    def piece(self, piece: Piece) -> None:
        """Take the text of a piece."""
        ...

    def result(self, job: Transcription, result: Transcript | Exception) -> None:
        """Take the end of a request."""
        ...


class Batcher:
    """The thread that decodes."""

    def __init__(self, models: Models, waiting: Waiting, pulse: Pulse, answers: Answers) -> None:
        """Take what decodes, what is to be decoded, and who takes the results."""
        self._models: Final = models
        self._waiting: Final = waiting
        self._pulse: Final = pulse
        self._answers: Final = answers

    def start(self) -> None:
        """Begin."""
        Thread(target=self._run, daemon=True, name="edge-asr-batcher").start()

    def _run(self) -> None:
        while True:
            turns = self._waiting.take(_POOL_PER_SLOT * self._models.batch_size)
            with self._pulse.working():
                self.decode(turns, self._models.batch_size)

    def decode(self, turns: Sequence[Turn], batch_size: int) -> None:
        """Decode steps together, and where that raises, those of each request alone."""
        try:
            self._decode_pool(turns, batch_size)
        except Exception as error:  # noqa: BLE001  # whatever a recording raises is its failure alone
            if len(turns) == 1 and batch_size == 1:
                self._end(turns[0].job, error)
                return
            for turn in turns:
                if turn.num_done < len(turn.steps):
                    self.decode([turn], 1)

    def _decode_pool(self, turns: Sequence[Turn], batch_size: int) -> None:
        for turn in turns:
            self._deliver(turn)
        owners = [(turn, at) for turn in turns for at in turn.undecoded()]
        pieces = [piece for turn in turns for piece in turn.undecoded().values()]
        recording = turns[0].job.recording
        assert recording is not None, "it has pieces"
        for index, look in self._models.recognizer.decode_pieces(recording.reader, pieces, batch_size):
            self._pulse.go_on()
            turn, at = owners[index]
            turn.looks[at] = look
            self._deliver(turn)
            if all(one.job.is_cancelled for one in turns):
                return  # nobody waits for the rest
            sleep(_YIELD_S)

    def _deliver(self, turn: Turn) -> None:
        job = turn.job
        for step, look in turn.ready():
            if job.is_cancelled:
                continue
            for text in job.add(look):
                self._answers.piece(text)
            result = job.end(step)
            if result is not None:
                self._end(job, result)

    def _end(self, job: Transcription, result: Transcript | AudioError | Exception) -> None:
        if not job.is_cancelled:
            self._waiting.remove(job)
            self._answers.result(job, result)
