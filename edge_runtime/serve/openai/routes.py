"""OpenAI's routes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edge_runtime.results.document import has_space
from edge_runtime.serve.http.events import EventResponse
from edge_runtime.serve.http.forms import read_form
from edge_runtime.serve.http.waiting import while_connected
from edge_runtime.serve.model.messages import Piece
from edge_runtime.serve.openai.answers import done_event, respond
from edge_runtime.serve.openai.fields import TranscriptionFields
from edge_runtime.serve.openai.model_names import described, listed
from edge_runtime.serve.transcribing import Transcriber, TranscriptionRequest


class OpenAiRoutes:
    """Of one server."""

    def __init__(self, transcriber: Transcriber) -> None:
        """Take what transcribes."""
        self._transcriber: Final = transcriber

    def routes(self) -> list[Route]:
        """Return them."""
        return [
            Route("/v1/audio/transcriptions", self.transcribe, methods=["POST"]),
            Route("/v1/models", self.models),
            Route("/v1/models/{name:path}", self.model),
        ]

    async def models(self, _request: Request) -> Response:
        """`GET /v1/models`."""
        return JSONResponse({"object": "list", "data": listed(self._transcriber.models)})

    async def model(self, request: Request) -> Response:
        """`GET /v1/models/{id}`."""
        return JSONResponse(described(request.path_params["name"], self._transcriber.models))

    async def transcribe(self, request: Request) -> Response:
        """`POST /v1/audio/transcriptions`."""
        transcriber = self._transcriber
        transcriber.require_place()
        form = await read_form(request, "file", transcriber.folder)
        with form:
            fields = TranscriptionFields.of(form, transcriber.models)
            wanted = _request_of(form.path, fields, has_aligner=transcriber.models.aligner is not None)
            if fields.stream:
                return EventResponse(_events(transcriber, wanted), form.keep())
            work = transcriber.transcribe(wanted)
            return respond(await while_connected(request, work, transcriber.limit_s), fields)


def _request_of(path: str, fields: TranscriptionFields, *, has_aligner: bool) -> TranscriptionRequest:
    # Subtitles break where words end, if somebody knows where that is.
    needs_words = "word" in fields.granularities or fields.response_format in ("srt", "vtt")
    return TranscriptionRequest(
        path=path,
        language=fields.language,
        languages=fields.languages,
        context=fields.context,
        words=needs_words and has_aligner,
        threshold=fields.chunking.threshold,
        margin_s=fields.chunking.margin_s,
        merge_pause_s=fields.chunking.merge_pause_s,
        logprobs=fields.logprobs,
    )


async def _events(
    transcriber: Transcriber, wanted: TranscriptionRequest
) -> AsyncGenerator[dict[str, object]]:
    text = ""
    async with aclosing(transcriber.pieces(wanted)) as answers:
        async for answer in answers:
            if isinstance(answer, Piece):
                delta = f" {answer.text}" if text and has_space(text, answer.text) else answer.text
                text += delta
                yield {"type": "transcript.text.delta", "delta": delta}
            else:
                yield done_event(answer, logprobs=wanted.logprobs)
