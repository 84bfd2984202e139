"""A transcript as OpenAI's clients read it."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response

from edge_runtime.alignment.word_timestamps import to_document
from edge_runtime.recognition.answers.tokens import Token
from edge_runtime.serve.model.messages import TranscriptAnswer
from edge_runtime.serve.openai.fields import ResponseFormat, TranscriptionFields
from edge_runtime.writers import WriterOptions, find_writer
from edge_runtime.writers.verbose_json import verbose_transcription

_MEDIA_TYPES: Final[dict[ResponseFormat, str]] = {
    "json": "application/json",
    "verbose_json": "application/json",
    "text": "text/plain",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
}
_TOKENS_PER_S: Final = 13
"""Of audio, as the encoder gives them."""


def respond(answer: TranscriptAnswer, fields: TranscriptionFields) -> Response:
    """Return the response; how far its text can be relied on stands in a header too."""
    headers = {"x-edge-asr-status": answer.transcript.status}
    media_type = _MEDIA_TYPES[fields.response_format]
    return Response(_content(answer, fields), headers=headers, media_type=media_type)


def done_event(answer: TranscriptAnswer, *, logprobs: bool) -> dict[str, object]:
    """Return the last event of a stream."""
    transcript = answer.transcript
    num_audio = round(_TOKENS_PER_S * transcript.audio.duration_s)
    usage = {
        "type": "tokens",
        "input_tokens": num_audio,
        "output_tokens": transcript.num_tokens,
        "total_tokens": num_audio + transcript.num_tokens,
    }
    return {"type": "transcript.text.done", **_facts(answer, logprobs=logprobs), "usage": usage}


def _content(answer: TranscriptAnswer, fields: TranscriptionFields) -> bytes:
    transcript = answer.transcript
    if fields.response_format == "json":
        usage = {"type": "duration", "seconds": transcript.audio.duration_s}
        return msgspec.json.encode({**_facts(answer, logprobs=fields.logprobs), "usage": usage})
    has_words = transcript.words is not None
    document = to_document(transcript, "word" if has_words else "segment")
    if fields.response_format == "verbose_json":
        return msgspec.json.encode(verbose_transcription(document, fields.granularities))
    if fields.response_format == "text":
        return f"{transcript.text}\n".encode()
    return find_writer(fields.response_format).render(document, WriterOptions()).encode()


def _facts(answer: TranscriptAnswer, *, logprobs: bool) -> dict[str, object]:
    transcript, code = answer.transcript, answer.transcript.language_code
    scored = {"logprobs": list(map(_logprob, answer.tokens))} if logprobs else {}
    return {
        **scored,
        "text": transcript.text,
        "languages": [] if code is None else [{"code": code}],
        "status": transcript.status,
        "warnings": transcript.warnings,
    }


def _logprob(token: Token) -> dict[str, object]:
    text = token.text.decode("utf-8", "replace")
    return {"token": text, "bytes": list(token.text), "logprob": token.logprob}
