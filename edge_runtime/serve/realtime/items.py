"""From the events of a stream to those of a realtime session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from edge_runtime.arrays import Seconds
from edge_runtime.results.document import has_space
from edge_runtime.text.language_aliases import code_of

ServerEvent = dict[str, Any]

_BUFFER: Final = "input_audio_buffer"
_TRANSCRIPTION: Final = "conversation.item.input_audio_transcription"


class Items:
    """The items of a session: turns, which the detector or the client's commits end.

    The stream is behind the client. What it says before the end of a flush belongs to the turn that the flush
    ended, so that an item is known by its number: that of the turn that is spoken, and that of the turn whose
    text comes.
    """

    def __init__(self) -> None:
        self._spoken = self._written = 1
        self._text = self._sent = ""
        self._names: list[str] = []
        self._seconds: Seconds = 0.0

    def commit(self) -> ServerEvent:
        """End the turn that is spoken."""
        event = self._committed(self._spoken)
        self._spoken += 1
        return event

    def clear(self) -> None:
        """Forget what was said in the turn that is spoken."""
        if self._spoken == self._written:
            self._forget()

    def take(self, event: ServerEvent, offset_s: Seconds, *, is_manual: bool) -> Iterator[ServerEvent]:
        """Yield what an event of the stream means for the session.

        Args:
            event: of the stream.
            offset_s: where the stream begins in the session.
            is_manual: commits end turns.
        """
        kind = event["type"]
        if kind == "partial":
            yield from self._delta(event["stable_added"])
        elif kind == "final":
            yield from self._final(event)
            if not is_manual:
                yield self._completed()
        elif kind == "stats" and is_manual:
            yield self._completed()
        elif kind == "speech_start" and not is_manual:
            start_ms = _ms(offset_s + event["start"])
            yield {"type": f"{_BUFFER}.speech_started", "item_id": self._id, "audio_start_ms": start_ms}
        elif kind == "endpoint" and not is_manual:
            end_ms = _ms(offset_s + event["end"])
            yield {"type": f"{_BUFFER}.speech_stopped", "item_id": self._id, "audio_end_ms": end_ms}
            yield self._committed(self._written)

    @property
    def _id(self) -> str:
        return _id_of(self._written)

    def _committed(self, number: int) -> ServerEvent:
        previous = _id_of(number - 1) if number > 1 else None
        return {"type": f"{_BUFFER}.committed", "item_id": _id_of(number), "previous_item_id": previous}

    def _delta(self, added: str) -> Iterator[ServerEvent]:
        if not added:
            return
        # The segments before this one stand in the text; what was sent of it stands behind.
        is_next = bool(self._text) and not self._sent
        delta = f" {added}" if is_next and has_space(self._text, added) else added
        self._sent += added
        yield {"type": f"{_TRANSCRIPTION}.delta", "item_id": self._id, "content_index": 0, "delta": delta}

    def _final(self, event: ServerEvent) -> Iterator[ServerEvent]:
        """Yield the rest of a segment's text, unless it takes back what was sent: the whole follows."""
        text = event["text"]
        if text.startswith(self._sent):
            yield from self._delta(text.removeprefix(self._sent))
        space = " " if self._text and text and has_space(self._text, text) else ""
        self._text += space + text
        self._sent = ""
        self._seconds += event["end"] - event["start"]
        if event["language"] and event["language"] not in self._names:
            self._names.append(event["language"])

    def _completed(self) -> ServerEvent:
        event = {
            "type": f"{_TRANSCRIPTION}.completed",
            "item_id": self._id,
            "content_index": 0,
            "transcript": self._text,
            "languages": [{"code": code_of(name) or name} for name in self._names],
            "usage": {"type": "duration", "seconds": round(self._seconds, 3)},
        }
        self._written += 1
        self._spoken = max(self._spoken, self._written)
        self._forget()
        return event

    def _forget(self) -> None:
        self._text = self._sent = ""
        self._names = []
        self._seconds = 0.0


def _id_of(number: int) -> str:
    return f"item_{number:06}"


def _ms(seconds: Seconds) -> int:
    return round(1000 * seconds)
