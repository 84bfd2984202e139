"""What every route that transcribes or aligns does with the models."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from edge_runtime.alignment.result import Alignment
from edge_runtime.arrays import Seconds
from edge_runtime.results.transcript import Transcript
from edge_runtime.serve.http.metrics import Metrics
from edge_runtime.serve.model.messages import (
    Align,
    AlignmentAnswer,
    Piece,
    Ready,
    Transcribe,
    TranscriptAnswer,
)
from edge_runtime.serve.model.service import ModelService
from edge_runtime.serve.options import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionRequest:
    """A recording and what is wanted of it; attributes as of `Transcribe`.

    Attributes:
        languages: names; the recording is in one of these: where another is detected, the first is forced.
    """

    path: str
    raw_rate: int | None = None
    language: str | None = None
    languages: tuple[str, ...] = ()
    context: str = ""
    words: bool = False
    threshold: float | None = None
    margin_s: Seconds | None = None
    merge_pause_s: Seconds | None = None
    clip_s: Seconds | None = None
    logprobs: bool = False

    def of_file(self, path: str) -> TranscriptionRequest:
        """Return the same request for a spooled file."""
        return replace(self, path=path)


class Transcriber:
    """The models, for routes.

    Attributes:
        folder: where recordings are spooled.
    """

    def __init__(self, service: ModelService, limits: Limits, metrics: Metrics, folder: Path) -> None:
        """Take the models, what a client may ask for, and where figures go."""
        self._service: Final = service
        self._limits: Final = limits
        self._metrics: Final = metrics
        self.folder: Final = folder

    @property
    def models(self) -> Ready:
        """What is loaded."""
        return self._service.models

    @property
    def limit_s(self) -> Seconds:
        """Longest time of a request."""
        return self._limits.request_s

    def require_place(self) -> None:
        """Refuse a request before its body is read.

        Raises:
            BusyError: no other request may wait.
        """
        with self._service.admitted():
            pass

    async def transcribe(self, request: TranscriptionRequest) -> TranscriptAnswer:
        """Transcribe a recording.

        Raises:
            EdgeAsrError: of the modules `lost` and `errors`.
        """
        async with aclosing(self._answers(request, pieces=False)) as answers:
            async for answer in answers:
                if isinstance(answer, TranscriptAnswer):
                    return answer
        raise AssertionError("a call ends with an answer or an error")

    async def pieces(self, request: TranscriptionRequest) -> AsyncGenerator[Piece | TranscriptAnswer]:
        """Yield the texts of a recording's segments as soon as they are known, and then its transcript.

        Where several languages are possible, the texts come together at the end: they may be decoded again.
        """
        async with aclosing(self._answers(request, pieces=not request.languages)) as answers:
            async for answer in answers:
                if request.languages and isinstance(answer, TranscriptAnswer) and answer.transcript.text:
                    whole = answer.transcript
                    yield Piece(id=0, text=whole.text, start=0.0, end=whole.audio.duration_s)
                yield answer

    async def align(self, path: str, text: str, language: str) -> Alignment:
        """Find when the words of a text are spoken; raises as `transcribe`."""
        with self._service.admitted():
            async with self._service.call() as call:
                call.send(Align(id=call.id, path=path, text=text, language=language))
                async for answer in call.answers():
                    if isinstance(answer, AlignmentAnswer):
                        self._metrics.transcribed(answer.alignment.duration_s)
                        return answer.alignment
        raise AssertionError("a call ends with an answer or an error")

    async def _answers(
        self, request: TranscriptionRequest, *, pieces: bool
    ) -> AsyncGenerator[Piece | TranscriptAnswer]:
        with self._service.admitted():
            async with aclosing(self._decoded(request, pieces=pieces)) as first:
                async for answer in first:
                    if isinstance(answer, Piece) or not _is_in_another(answer.transcript, request.languages):
                        yield answer
                        continue
                    again = replace(request, language=request.languages[0], languages=())
                    async with aclosing(self._decoded(again, pieces=pieces)) as second:
                        async for other in second:
                            yield other

    async def _decoded(
        self, request: TranscriptionRequest, *, pieces: bool
    ) -> AsyncGenerator[Piece | TranscriptAnswer]:
        async with self._service.call() as call:
            call.send(self._order(call.id, request, pieces=pieces))
            async for answer in call.answers():
                if isinstance(answer, (Piece, TranscriptAnswer)):
                    yield answer
                if isinstance(answer, TranscriptAnswer):
                    self._metrics.transcribed(answer.transcript.audio.duration_s)
                    return

    def _order(self, call_id: int, request: TranscriptionRequest, *, pieces: bool) -> Transcribe:
        return Transcribe(
            id=call_id,
            path=request.path,
            raw_rate=request.raw_rate,
            language=request.language,
            context=request.context,
            max_audio_s=self._limits.max_audio_s,
            words=request.words,
            pieces=pieces,
            threshold=request.threshold,
            margin_s=request.margin_s,
            merge_pause_s=request.merge_pause_s,
            clip_s=request.clip_s,
            logprobs=request.logprobs,
        )


def _is_in_another(transcript: Transcript, languages: tuple[str, ...]) -> bool:
    """Tell whether a text is in none of some languages."""
    return bool(languages and transcript.text) and transcript.language not in languages
