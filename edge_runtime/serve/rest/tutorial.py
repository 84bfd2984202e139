"""`POST /transcribe` and `POST /align`, as the family's tutorial has them, with the JSON of the commands."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge_runtime.alignment.result import Alignment
from edge_runtime.serve.http.errors import ApiError
from edge_runtime.serve.http.forms import Form, read_form
from edge_runtime.serve.http.waiting import while_connected
from edge_runtime.serve.languages import language_name
from edge_runtime.serve.transcribing import Transcriber, TranscriptionRequest

_FILE: Final = "audio"


class TutorialRoutes:
    """Of one server."""

    def __init__(self, transcriber: Transcriber) -> None:
        """Take what transcribes and aligns."""
        self._transcriber: Final = transcriber

    def routes(self) -> list[Route]:
        """Return them."""
        return [
            Route("/transcribe", self.transcribe, methods=["POST"]),
            Route("/align", self.align, methods=["POST"]),
        ]

    async def transcribe(self, request: Request) -> Response:
        """Answer with a transcript, as `edge-asr run --json` prints it; with times of words, if it can be."""
        transcriber = self._transcriber
        transcriber.require_place()
        with await read_form(request, _FILE, transcriber.folder) as form:
            _require_known(form, ("language", "context"))
            wanted = TranscriptionRequest(
                path=form.path,
                language=language_name(form.text("language"), transcriber.models.languages),
                context=form.text("context") or "",
                words=transcriber.models.aligner is not None,
            )
            work = transcriber.transcribe(wanted)
            answer = await while_connected(request, work, transcriber.limit_s)
            return Response(answer.transcript.to_json(), media_type="application/json")

    async def align(self, request: Request) -> Response:
        """Answer with the times of words and sentences."""
        transcriber = self._transcriber
        transcriber.require_place()
        with await read_form(request, _FILE, transcriber.folder) as form:
            _require_known(form, ("text", "language"))
            text = _required(form, "text")
            work = transcriber.align(form.path, text, self._language(form))
            alignment = await while_connected(request, work, transcriber.limit_s)
            return Response(msgspec.json.encode(_body(alignment)), media_type="application/json")

    def _language(self, form: Form) -> str:
        models = self._transcriber.models
        if models.aligner is None:
            message = "This server was started without an aligner. Start it with --aligner."
            raise ApiError(message, status=501, code="no_aligner")
        name = language_name(_required(form, "language"), models.aligner_languages)
        if name is None:
            raise ApiError("The language of a text is not detected. Name it.", param="language")
        return name


def _body(alignment: Alignment) -> dict[str, object]:
    sentences = alignment.document().segments
    return {
        "language": alignment.language,
        "duration_s": alignment.duration_s,
        "words": alignment.words,
        "sentences": [{"text": one.text, "start": one.start, "end": one.end} for one in sentences],
        "status": alignment.status,
        "match": alignment.match,
        "warnings": alignment.warnings,
    }


def _required(form: Form, name: str) -> str:
    text = (form.text(name) or "").strip()
    if not text:
        raise ApiError(f"{name} is missing.", param=name)
    return text


def _require_known(form: Form, names: Collection[str]) -> None:
    for name in form.names():
        if name not in names:
            known = ", ".join((_FILE, *names))
            raise ApiError(f"Unknown field {name[:80]!r}. There are: {known}.", param=name[:80])
