"""The field `chunking_strategy`: how a recording that is longer than a segment is divided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from edge_runtime.arrays import Seconds
from edge_runtime.serve.http.errors import ApiError
from edge_runtime.serve.http.forms import Form

_NAME: Final = "chunking_strategy"


class _ServerVad(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    type: str
    threshold: float | None = None
    prefix_padding_ms: float | None = None
    silence_duration_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Chunking:
    """Figures of the division; None takes the default. A recording of one segment is decoded as it is.

    Attributes:
        threshold: probability of speech.
        margin_s: before and behind the speech of a segment.
        merge_pause_s: speech closer than this is one segment.
    """

    threshold: float | None = None
    margin_s: Seconds | None = None
    merge_pause_s: Seconds | None = None


NO_CHUNKING: Final = Chunking()


def chunking_of(form: Form) -> Chunking:
    """Read the field: `auto`, a JSON object, or one field `chunking_strategy[…]` for each of its own.

    Raises:
        ApiError: it is none of these.
    """
    text = form.text(_NAME)
    inner = {
        name.removeprefix(f"{_NAME}[").removesuffix("]"): form.text(name)
        for name in form.names()
        if name.startswith(f"{_NAME}[")
    }
    if text in (None, "", "auto") and not inner:
        return NO_CHUNKING
    try:
        given = msgspec.convert(inner, _ServerVad, strict=False) if inner else _decoded(text or "")
    except msgspec.MsgspecError as error:
        raise ApiError(f'{_NAME} is "auto" or an object of type server_vad: {error}.', param=_NAME) from error
    return _checked(given)


def _decoded(text: str) -> _ServerVad:
    return msgspec.json.decode(text, type=_ServerVad)


def _checked(given: _ServerVad) -> Chunking:
    if given.type != "server_vad":
        raise ApiError(f"{_NAME} has the type {given.type[:80]!r}; there is: server_vad.", param=_NAME)
    if given.threshold is not None and not 0 <= given.threshold <= 1:
        raise ApiError(f"{_NAME} has the threshold {given.threshold}; it is between 0 and 1.", param=_NAME)
    for duration in (given.prefix_padding_ms, given.silence_duration_ms):
        if duration is not None and not 0 <= duration <= 60_000:  # noqa: PLR2004
            raise ApiError(f"{_NAME} has {duration} ms; it is between 0 and 60000.", param=_NAME)
    return Chunking(given.threshold, _seconds(given.prefix_padding_ms), _seconds(given.silence_duration_ms))


def _seconds(ms: float | None) -> Seconds | None:
    return None if ms is None else ms / 1000
