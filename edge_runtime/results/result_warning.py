"""What a result may warn of: stable codes, and a sentence for a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from edge_runtime.audio.load import Audio
from edge_runtime.audio.notice import NoticeCode
from edge_runtime.text.languages import LanguageChoice

WarningCode = (
    Literal[
        "truncated",
        "loop_recovered",
        "loop_unresolved",
        "low_confidence",
        "language_uncertain",
        "uncovered",
        "repetition_removed",
        "channels_mixed",
        "dialect_as_language",
        "not_aligned",
        "no_speech",
        "text_longer_than_audio",
        "doubtful_times",
        "words_in_silence",
        "text_mismatch",
        "speech_without_text",
    ]
    | NoticeCode
)
"""Stable names of what a result may warn of."""

STRICT_CODES: Final[frozenset[WarningCode]] = frozenset(
    {
        "truncated",
        "loop_recovered",
        "loop_unresolved",
        "partial",
        "repetition_removed",
        "not_aligned",
        "text_mismatch",
        "speech_without_text",
    }
)
"""What `--strict` takes as a failure: something is missing or repaired, or a text is not what is spoken."""

_STEREO: Final = 2


@dataclass(frozen=True, slots=True)
class ResultWarning:
    """Why a result is not exactly what the model wrote, or may be wrong.

    Attributes:
        code: stable name, e.g. "truncated".
        message: one sentence for a person.
    """

    code: WarningCode
    message: str


def mixdown_warning(audio: Audio) -> ResultWarning | None:
    """Warn of a recording with more than two channels; mixing down stereo needs no warning."""
    if audio.source_channels <= _STEREO:
        return None
    return ResultWarning("channels_mixed", f"{audio.source_channels} channels were averaged to one.")


def dialect_warning(choice: LanguageChoice | None) -> ResultWarning | None:
    """Say which language stands for a dialect that the caller named."""
    if choice is None or choice.dialect is None:
        return None
    return ResultWarning(
        "dialect_as_language",
        f"{choice.dialect!r} was taken as {choice.language.name}: the model has no other name for it.",
    )


def recording_warnings(audio: Audio) -> Iterator[ResultWarning]:
    """Yield what was found in a recording while it was read."""
    yield from (ResultWarning(notice.code, notice.message) for notice in audio.notices)
