"""`POST /asr` and `POST /detect-language` of whisper-asr-webservice, which Bazarr and others call.

With `encode=false` the file is bare 16-bit samples at 16 kHz, one channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast, get_args

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edge_runtime.alignment.word_timestamps import to_document
from edge_runtime.results.transcript import Transcript
from edge_runtime.serve.http.errors import ApiError
from edge_runtime.serve.http.forms import read_form
from edge_runtime.serve.http.waiting import while_connected
from edge_runtime.serve.languages import language_name
from edge_runtime.serve.model.messages import Ready
from edge_runtime.serve.transcribing import Transcriber, TranscriptionRequest
from edge_runtime.writers import WriterOptions, find_writer

Output: TypeAlias = Literal["txt", "vtt", "srt", "tsv", "json"]

_FILE: Final = "audio_file"
_RAW_RATE: Final = 16_000
_OF_DETECTION: Final = frozenset({"encode", "video_file"})
"""`video_file` is a name for that program's log; nothing is fetched from there."""
_OF_ASR: Final = _OF_DETECTION | {
    *("task", "language", "initial_prompt", "vad_filter", "word_timestamps", "output", "diarize"),
}
_MEDIA_TYPES: Final[dict[Output, str]] = {
    "txt": "text/plain",
    "vtt": "text/vtt",
    "srt": "text/plain",
    "tsv": "text/tab-separated-values",
    "json": "application/json",
}
_DETECTED_S: Final = 30.0
"""The language is that of the first half a minute, as there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AsrQuery:
    """The query of `/asr`.

    Attributes:
        is_raw: the file is bare samples.
        language: to force, None to detect it.
        context: background text.
        words: give times of words.
        output: format of the answer.
    """

    is_raw: bool
    language: str | None
    context: str
    words: bool
    output: Output

    @classmethod
    def of(cls, query: QueryParams, models: Ready) -> AsrQuery:
        """Read a query.

        Raises:
            ApiError: a parameter is unknown, means nothing, or cannot be done here.
        """
        _require_known(query, _OF_ASR)
        task, output = query.get("task", "transcribe"), query.get("output", "txt")
        if task != "transcribe":
            raise ApiError(f"task is {task[:80]!r}; this model only transcribes.", param="task")
        if _flag(query, "diarize", default=False):
            raise ApiError("diarize is not supported: this model tells no speakers apart.", param="diarize")
        if output not in get_args(Output):
            raise ApiError(f"output is {output[:80]!r}; there are: txt, vtt, srt, tsv, json.", param="output")
        _flag(query, "vad_filter", default=False)  # the detector is always there
        words = _flag(query, "word_timestamps", default=False)
        if words and models.aligner is None:
            message = "word_timestamps needs an aligner, and this server was started without --aligner."
            raise ApiError(message, param="word_timestamps")
        return cls(
            is_raw=not _flag(query, "encode", default=True),
            language=language_name(query.get("language"), models.languages),
            context=query.get("initial_prompt", ""),
            words=words or (output in ("srt", "vtt") and models.aligner is not None),
            output=cast("Output", output),
        )


class WhisperRoutes:
    """Of one server."""

    def __init__(self, transcriber: Transcriber) -> None:
        """Take what transcribes."""
        self._transcriber: Final = transcriber

    def routes(self) -> list[Route]:
        """Return them."""
        return [
            Route("/asr", self.transcribe, methods=["POST"]),
            Route("/detect-language", self.detect, methods=["POST"]),
        ]

    async def transcribe(self, request: Request) -> Response:
        """`POST /asr`."""
        transcriber = self._transcriber
        transcriber.require_place()
        query = AsrQuery.of(request.query_params, transcriber.models)
        wanted = TranscriptionRequest(
            path="",
            raw_rate=_RAW_RATE if query.is_raw else None,
            language=query.language,
            context=query.context,
            words=query.words,
        )
        transcript = await self._answer(request, wanted)
        document = to_document(transcript, "segment" if transcript.words is None else "word")
        name = "whisper_json" if query.output == "json" else query.output
        headers = {"asr-engine": "edge-asr", "x-edge-asr-status": transcript.status}
        content = find_writer(name).render(document, WriterOptions())
        return Response(content, headers=headers, media_type=_MEDIA_TYPES[query.output])

    async def detect(self, request: Request) -> Response:
        """`POST /detect-language`."""
        transcriber = self._transcriber
        transcriber.require_place()
        query = request.query_params
        _require_known(query, _OF_DETECTION)
        raw_rate = None if _flag(query, "encode", default=True) else _RAW_RATE
        wanted = TranscriptionRequest(path="", raw_rate=raw_rate, clip_s=_DETECTED_S)
        transcript = await self._answer(request, wanted)
        return JSONResponse(
            {
                "detected_language": (transcript.language or "unknown").lower(),
                "language_code": transcript.language_code,
                "confidence": transcript.language_probability or 0.0,
            }
        )

    async def _answer(self, request: Request, wanted: TranscriptionRequest) -> Transcript:
        transcriber = self._transcriber
        with await read_form(request, _FILE, transcriber.folder) as form:
            for name in form.names():
                raise ApiError(f"Unknown field {name[:80]!r}. There is: {_FILE}.", param=name[:80])
            work = transcriber.transcribe(wanted.of_file(form.path))
            return (await while_connected(request, work, transcriber.limit_s)).transcript


def _require_known(query: QueryParams, names: frozenset[str]) -> None:
    for name in query:
        if name not in names:
            known = ", ".join(sorted(names))
            raise ApiError(f"Unknown parameter {name[:80]!r}. There are: {known}.", param=name[:80])


def _flag(query: QueryParams, name: str, *, default: bool) -> bool:
    text = query.get(name, str(default)).lower()
    if text not in ("true", "false", "1", "0"):
        raise ApiError(f"{name} is {text[:80]!r}; it is true or false.", param=name)
    return text in ("true", "1")
