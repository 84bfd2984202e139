"""The configuration of a realtime session; what cannot be done is refused by name.

Source: `RealtimeTranscriptionSessionCreateRequest` of openai-python.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from edge_runtime.serve.http.errors import ApiError
from edge_runtime.serve.languages import language_name
from edge_runtime.serve.model.messages import OpenStream, Ready
from edge_runtime.serve.openai.model_names import require_model
from edge_runtime.serve.realtime.audio import TELEPHONE_RATE, Encoding

_RATES: Final = (24_000, 16_000, 8_000)
_INPUT: Final = "session.audio.input"


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    pass


class Format(_Strict):
    """Of samples."""

    type: Encoding = "audio/pcm"
    rate: int | None = None


class Transcription(_Strict):
    """How it is transcribed."""

    model: str | None = None
    language: str | None = None
    languages: list[str] | None = None
    prompt: str | None = None
    keywords: list[str] | None = None


class TurnDetection(_Strict):
    """Who ends a turn; the fields behind `silence_duration_ms` are about answers, which there are none of."""

    type: str = "server_vad"
    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 500
    create_response: bool | None = None
    interrupt_response: bool | None = None
    idle_timeout_ms: int | None = None


class _Input(_Strict):
    format: Format | UnsetType | None = UNSET
    noise_reduction: dict[str, object] | UnsetType | None = UNSET
    transcription: Transcription | UnsetType | None = UNSET
    turn_detection: TurnDetection | UnsetType | None = UNSET


class _Audio(_Strict):
    input: _Input = msgspec.field(default_factory=_Input)


class SessionUpdate(_Strict):
    """The field `session` of `session.update`."""

    type: str = "transcription"
    audio: _Audio = msgspec.field(default_factory=_Audio)
    include: list[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """What a session does.

    Attributes:
        format: of the samples.
        transcription: of them.
        turn_detection: None where the client commits.
    """

    format: Format
    transcription: Transcription
    turn_detection: TurnDetection | None

    @classmethod
    def default(cls) -> SessionConfig:
        """Return what holds before the first update."""
        return cls(format=Format(), transcription=Transcription(), turn_detection=TurnDetection())

    def updated(self, update: SessionUpdate, models: Ready) -> SessionConfig:
        """Return the configuration with what an update sets.

        Raises:
            ApiError: it cannot be done.
        """
        given = update.audio.input
        _require_possible(update)
        new = replace(
            self,
            format=self.format if isinstance(given.format, UnsetType) else given.format or Format(),
            transcription=self.transcription
            if isinstance(given.transcription, UnsetType)
            else given.transcription or Transcription(),
            turn_detection=self.turn_detection
            if isinstance(given.turn_detection, UnsetType)
            else given.turn_detection,
        )
        new.order(models)
        return new

    @property
    def rate(self) -> int:
        """Of the samples in Hz."""
        return self.format.rate or (_RATES[0] if self.format.type == "audio/pcm" else TELEPHONE_RATE)

    def order(self, models: Ready) -> OpenStream:
        """Return the order for a stream, without its id.

        Raises:
            ApiError: a field means nothing.
        """
        self._require_rate()
        wanted, turns = self.transcription, self.turn_detection or TurnDetection()
        require_model(wanted.model, models)
        keywords = ", ".join(wanted.keywords or ())
        _require_turns(turns)
        return OpenStream(
            id=0,
            rate=self.rate,
            language=self._language(models),
            context="\n".join(part for part in (wanted.prompt, keywords) if part),
            threshold=turns.threshold,
            start_pad_ms=turns.prefix_padding_ms,
            silence_ms=turns.silence_duration_ms,
        )

    def shown(self) -> dict[str, object]:
        """Return it as the field `audio` of a session."""
        fields = {"format": {"type": self.format.type, "rate": self.rate}, "noise_reduction": None}
        shown = {"transcription": self.transcription, "turn_detection": self.turn_detection}
        return {"input": fields | shown}

    def _language(self, models: Ready) -> str | None:
        wanted = self.transcription
        language = language_name(wanted.language, models.languages, f"{_INPUT}.transcription.language")
        field = f"{_INPUT}.transcription.languages"
        several = [language_name(one, models.languages, field) for one in wanted.languages or ()]
        # Several only say what may come: each segment's language is detected.
        return several[0] if language is None and len(several) == 1 else language

    def _require_rate(self) -> None:
        is_possible = self.rate in (_RATES if self.format.type == "audio/pcm" else (TELEPHONE_RATE,))
        if not is_possible:
            rates = ", ".join(map(str, _RATES))
            raise ApiError(
                f"The rate is {self.rate}; of audio/pcm it is one of {rates}, else {TELEPHONE_RATE}.",
                param=f"{_INPUT}.format.rate",
            )


def _require_possible(update: SessionUpdate) -> None:
    if update.type != "transcription":
        raise ApiError(
            f"The session's type is {update.type[:80]!r}; it is transcription.", param="session.type"
        )
    if update.include:
        raise ApiError(f"include {update.include[0][:80]!r} is not supported.", param="session.include")
    if update.audio.input.noise_reduction:
        raise ApiError("noise_reduction is not supported.", param=f"{_INPUT}.noise_reduction")


def _require_turns(turns: TurnDetection) -> None:
    field = f"{_INPUT}.turn_detection"
    if turns.type != "server_vad":
        message = f"turn_detection is {turns.type[:80]!r}; it is server_vad, or null for commits."
        raise ApiError(message, param=f"{field}.type")
    if not 0 <= turns.threshold <= 1:
        raise ApiError(f"threshold is {turns.threshold}; it is between 0 and 1.", param=f"{field}.threshold")
    for name in ("prefix_padding_ms", "silence_duration_ms"):
        if not 1 <= getattr(turns, name) <= 10_000:  # noqa: PLR2004
            message = f"{name} is {getattr(turns, name)}; it is between 1 and 10000."
            raise ApiError(message, param=f"{field}.{name}")
