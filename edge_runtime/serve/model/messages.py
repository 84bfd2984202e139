"""What the server and a model process say to each other; ADR 17.

A frame is four bytes of length, big-endian, and one message in MessagePack. Nothing in it is code: what is
not one of these messages ends the process that received it.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from edge_runtime.alignment.result import Alignment
from edge_runtime.arrays import Seconds
from edge_runtime.recognition.answers.tokens import Token
from edge_runtime.results.transcript import Transcript


class Load(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """The first message to a process: what to load.

    Attributes:
        model: folder of the recognizer's bundle.
        aligner: folder of the aligner's, None for no times of words.
        device: as of `Recognizer.load`.
        threads: as of `Recognizer.load`.
        trust: file of public keys.
        batch_size: recordings, or segments of long ones, that are decoded together.
        beat_s: seconds between two signs of life.
    """

    model: str
    aligner: str | None = None
    device: str = "auto"
    threads: int = 0
    trust: str | None = None
    batch_size: int = 8
    beat_s: Seconds = 1.0


class Transcribe(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Transcribe a recording.

    Attributes:
        id: of the call; answers carry it.
        path: file that the server spooled; the name is the server's own, never a client's.
        raw_rate: rate in Hz where the file is bare 16-bit samples, one channel; None for an encoded one.
        language: to force, None to detect it.
        context: background text.
        max_audio_s: longest recording.
        words: give the times of words, if there is an aligner.
        pieces: answer with the text of each segment too, as soon as it is known.
        threshold: probability of speech from which the detector hears some; None takes the default.
        margin_s: what a segment of a long recording has before and behind its speech; None likewise.
        merge_pause_s: speech closer than this is one segment; None likewise.
        clip_s: transcribe only so much of the beginning; None for the whole.
        logprobs: answer with the tokens of the text.
    """

    id: int
    path: str
    raw_rate: int | None = None
    language: str | None = None
    context: str = ""
    max_audio_s: Seconds = 86_400.0
    words: bool = False
    pieces: bool = False
    threshold: float | None = None
    margin_s: Seconds | None = None
    merge_pause_s: Seconds | None = None
    clip_s: Seconds | None = None
    logprobs: bool = False


class Align(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Find when the words of a text are spoken; attributes as of `Transcribe`."""

    id: int
    path: str
    text: str
    language: str


class OpenStream(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Open a stream.

    Attributes:
        id: of the stream.
        rate: of its samples in Hz.
        language: to force, None to detect it.
        context: background text.
        words: give the times of the words of each final, if there is an aligner.
        threshold: probability of speech from which a segment begins.
        start_pad_ms: what a segment has before its speech.
        silence_ms: so much silence ends a segment.
    """

    id: int
    rate: int
    language: str | None = None
    context: str = ""
    words: bool = False
    threshold: float = 0.5
    start_pad_ms: int = 300
    silence_ms: int = 500


class Samples(msgspec.Struct, tag=True, frozen=True):
    """The next 16-bit samples of a stream, little-endian."""

    id: int
    data: bytes


class Flush(msgspec.Struct, tag=True, frozen=True):
    """End the open segment of a stream."""

    id: int


class Drop(msgspec.Struct, tag=True, frozen=True):
    """Drop the open segment of a stream and what waits behind it."""

    id: int


class Close(msgspec.Struct, tag=True, frozen=True):
    """Flush a stream and end it."""

    id: int


class Cancel(msgspec.Struct, tag=True, frozen=True):
    """Nobody waits for the answer of a call any more."""

    id: int


Order: TypeAlias = Load | Transcribe | Align | OpenStream | Samples | Flush | Drop | Close | Cancel
"""What a model process is sent."""


class NamedLanguage(msgspec.Struct, frozen=True):
    """A language of a bundle; `code` is None where it has none."""

    name: str
    code: str | None


class Ready(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """The bundles are loaded.

    Attributes:
        model: name of the recognizer's model.
        precision: of its bundle.
        target: back end of its bundle.
        languages: that it transcribes.
        aligner: name of the aligner's model, None without one.
        aligner_languages: that it aligns.
    """

    model: str
    precision: str
    target: str
    languages: tuple[NamedLanguage, ...]
    aligner: str | None = None
    aligner_languages: tuple[NamedLanguage, ...] = ()


class Refused(msgspec.Struct, tag=True, frozen=True):
    """The bundles cannot be loaded.

    Attributes:
        kind: name of the error's class.
        message: why.
        exit_code: of a command that meets it.
    """

    kind: str
    message: str
    exit_code: int


class Piece(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """The text of the next segment of a recording.

    Attributes:
        id: of the call.
        text: of the segment; pieces are joined as `join_texts` does.
        start: seconds from the start of the recording.
        end: likewise.
    """

    id: int
    text: str
    start: Seconds
    end: Seconds


class TranscriptAnswer(msgspec.Struct, tag=True, frozen=True):
    """The answer of `Transcribe`; `tokens` are those of the text, where they were wanted."""

    id: int
    transcript: Transcript
    tokens: tuple[Token, ...] = ()


class AlignmentAnswer(msgspec.Struct, tag=True, frozen=True):
    """The answer of `Align`."""

    id: int
    alignment: Alignment


class Event(msgspec.Struct, tag=True, frozen=True):
    """An event of a stream, as the JSON of `engines/stream.schema.json`."""

    id: int
    event: bytes


class Taken(msgspec.Struct, tag=True, frozen=True):
    """So many bytes of a stream were taken: as many more may be sent."""

    id: int
    num_bytes: int


class Closed(msgspec.Struct, tag=True, frozen=True):
    """A stream has ended; the last message of it."""

    id: int


class Failed(msgspec.Struct, tag=True, frozen=True):
    """The last message of a call that has no answer.

    Attributes:
        id: of the call.
        kind: name of the error's class.
        message: for the client where `is_request`, else for the log.
        is_request: the request or its recording is the reason.
    """

    id: int
    kind: str
    message: str
    is_request: bool


class Beat(msgspec.Struct, tag=True, frozen=True):
    """A sign of life.

    Attributes:
        busy_s: seconds since the work at hand last went on; 0 where there is none.
        waiting: recordings that wait to be decoded.
    """

    busy_s: Seconds
    waiting: int


Answer: TypeAlias = Piece | TranscriptAnswer | AlignmentAnswer | Event | Taken | Closed | Failed
"""What belongs to a call."""
Report: TypeAlias = Ready | Refused | Beat | Answer
"""What a model process sends."""
