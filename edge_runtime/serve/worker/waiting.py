"""The requests that wait for the decoder, served in turns: a long one does not hold up the short ones."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Condition
from typing import Final

from edge_runtime.recognition.long.pieces import Step
from edge_runtime.serve.worker.transcription import Transcription, Turn

_READ_AHEAD: Final = 4
"""Pieces of one recording that are read before they are decoded: two minutes of samples, 8 MB."""


class Waiting:
    """Readers put pieces in, the decoder takes pools out."""

    def __init__(self) -> None:
        self._jobs: Final[list[Transcription]] = []
        self._changed: Final = Condition()

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, job: Transcription) -> None:
        """Let a request wait; its pieces follow."""
        with self._changed:
            self._jobs.append(job)

    def put(self, job: Transcription, step: Step) -> bool:
        """Add a piece, once there is room for it; return whether the request still wants more."""
        with self._changed:
            self._changed.wait_for(lambda: len(job.steps) < _READ_AHEAD or job.is_cancelled)
            if not job.is_cancelled:
                job.steps.append(step)
                self._changed.notify_all()
            return not job.is_cancelled

    def remove(self, job: Transcription) -> None:
        """Forget a request: it was answered, or nobody waits for it any more."""
        with self._changed:
            job.is_cancelled = True
            job.steps.clear()
            if job in self._jobs:
                self._jobs.remove(job)
            self._changed.notify_all()

    def take(self, num_pieces: int) -> list[Turn]:
        """Wait for pieces and take some, one of each request in turn; all have equal options.

        Args:
            num_pieces: most of them.
        """
        with self._changed:
            self._changed.wait_for(lambda: any(job.steps for job in self._jobs))
            first = next(job for job in self._jobs if job.steps)
            turns = {id(job): Turn(job) for job in self._like(first)}
            for job in self._in_turns(num_pieces, [turn.job for turn in turns.values()]):
                turns[id(job)].steps.append(job.steps.popleft())
            taken = [turn for turn in turns.values() if turn.steps]
            # Whoever was served stands behind those who were not.
            for turn in taken:
                self._jobs.remove(turn.job)
                self._jobs.append(turn.job)
            self._changed.notify_all()
            return taken

    def _like(self, first: Transcription) -> Iterator[Transcription]:
        assert first.recording is not None, "it has pieces"
        options = first.recording.options
        for job in self._jobs:
            if job.steps and job.recording is not None and job.recording.options == options:
                yield job

    @staticmethod
    def _in_turns(num_pieces: int, jobs: list[Transcription]) -> Iterator[Transcription]:
        while num_pieces > 0 and any(job.steps for job in jobs):
            for job in jobs:
                if job.steps and num_pieces > 0:
                    num_pieces -= 1
                    yield job
