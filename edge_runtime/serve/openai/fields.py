"""The fields of `POST /v1/audio/transcriptions`: each is understood or refused by name.

Source: `TranscriptionCreateParams` of openai-python.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast, get_args

from edge_runtime.serve.http.errors import ApiError
from edge_runtime.serve.http.forms import Form
from edge_runtime.serve.languages import language_name
from edge_runtime.serve.model.messages import Ready
from edge_runtime.serve.openai.chunking import NO_CHUNKING, Chunking, chunking_of
from edge_runtime.serve.openai.model_names import require_model

ResponseFormat: TypeAlias = Literal["json", "text", "srt", "verbose_json", "vtt"]
Granularity: TypeAlias = Literal["segment", "word"]

FORMATS: Final[tuple[ResponseFormat, ...]] = get_args(ResponseFormat)
_KNOWN: Final = frozenset(
    {
        *("model", "language", "languages", "prompt", "keywords", "response_format", "temperature"),
        *("timestamp_granularities", "stream", "include", "chunking_strategy"),
    }
)
_NEEDS_SPEAKERS: Final = frozenset({"known_speaker_names", "known_speaker_references"})
_TRUE, _FALSE = ("true", "1"), ("false", "0", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionFields:
    """What a client asks for.

    Attributes:
        language: to force, None to detect it.
        languages: it is one of these, where there are several.
        context: background text: prompt and keywords.
        response_format: of the answer.
        granularities: of `verbose_json`.
        stream: answer with events.
        logprobs: with those of the tokens.
        chunking: how a long recording is divided.
    """

    language: str | None
    languages: tuple[str, ...]
    context: str
    response_format: ResponseFormat
    granularities: frozenset[Granularity]
    stream: bool
    logprobs: bool
    chunking: Chunking = NO_CHUNKING

    @classmethod
    def of(cls, form: Form, models: Ready) -> TranscriptionFields:
        """Read a form.

        Raises:
            ApiError: a field is unknown, means nothing, or cannot be done here.
        """
        _require_known(form)
        require_model(form.text("model"), models)
        _require_greedy(form.text("temperature"))
        response_format = _response_format(form.text("response_format"))
        stream = _stream(form.text("stream"), response_format)
        language, languages = _languages(form, models)
        return cls(
            language=language,
            languages=languages,
            context=_context(form),
            response_format=response_format,
            granularities=_granularities(form, response_format, has_aligner=models.aligner is not None),
            stream=stream,
            logprobs=_logprobs(form.texts("include"), response_format),
            chunking=chunking_of(form),
        )


def _require_known(form: Form) -> None:
    for name in form.names():
        if name in _NEEDS_SPEAKERS:
            raise ApiError(f"{name} is not supported: this model does not tell speakers apart.", param=name)
        if name not in _KNOWN and not name.startswith("chunking_strategy["):
            raise ApiError(
                f"Unknown field {name[:80]!r}. There are: file, {', '.join(sorted(_KNOWN))}.", param=name[:80]
            )


def _require_greedy(text: str | None) -> None:
    try:
        temperature = float(text or 0)
    except ValueError as error:
        raise ApiError(f"temperature is {text!r}; it is a number.", param="temperature") from error
    if temperature != 0:
        raise ApiError(
            f"temperature is {temperature:g}, and this model decodes greedily. Leave it out, or give 0.",
            param="temperature",
        )


def _response_format(text: str | None) -> ResponseFormat:
    if text == "diarized_json":
        raise ApiError(
            "response_format diarized_json is not supported: this model does not tell speakers apart.",
            param="response_format",
        )
    if text is not None and text not in FORMATS:
        raise ApiError(
            f"response_format is {text[:80]!r}; there are: {', '.join(FORMATS)}.", param="response_format"
        )
    return text or "json"


def _stream(text: str | None, response_format: ResponseFormat) -> bool:
    if (text or "").lower() not in (*_TRUE, *_FALSE):
        raise ApiError(f"stream is {text!r}; it is true or false.", param="stream")
    streams = (text or "").lower() in _TRUE
    if streams and response_format not in ("json", "text"):
        raise ApiError(
            f"stream needs the response_format json or text, not {response_format}.", param="stream"
        )
    return streams


def _languages(form: Form, models: Ready) -> tuple[str | None, tuple[str, ...]]:
    """Return the language that is forced, and those of which it is one."""
    language = language_name(form.text("language"), models.languages)
    named = [language_name(one, models.languages, "languages") for one in form.texts("languages")]
    languages = tuple(dict.fromkeys(one for one in named if one is not None))
    if language and languages:
        raise ApiError("language and languages were both given. Give one of them.", param="languages")
    return (languages[0], ()) if len(languages) == 1 else (language, languages)


def _context(form: Form) -> str:
    keywords = ", ".join(one.strip() for one in form.texts("keywords") if one.strip())
    return "\n".join(part for part in ((form.text("prompt") or "").strip(), keywords) if part)


def _granularities(
    form: Form, response_format: ResponseFormat, *, has_aligner: bool
) -> frozenset[Granularity]:
    name = "timestamp_granularities"
    given = form.texts(name)
    for one in given:
        if one not in get_args(Granularity):
            raise ApiError(f"{name} has {one[:80]!r}; there are: segment, word.", param=name)
    if given and response_format != "verbose_json":
        raise ApiError(f"{name} needs response_format verbose_json, not {response_format}.", param=name)
    if "word" in given and not has_aligner:
        raise ApiError(
            f"{name} has word, and this server was started without an aligner. Start it with --aligner.",
            param=name,
        )
    return cast("frozenset[Granularity]", frozenset(given or ("segment",)))


def _logprobs(include: Collection[str], response_format: ResponseFormat) -> bool:
    for one in include:
        if one != "logprobs":
            raise ApiError(f"include has {one[:80]!r}; there is: logprobs.", param="include")
    if include and response_format != "json":
        raise ApiError(
            f"include logprobs needs response_format json, not {response_format}.", param="include"
        )
    return bool(include)
