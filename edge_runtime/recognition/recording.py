"""One recording on its way to a transcript: loaded, prepared for the decoder, decoded."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.audio.load import Audio
from edge_runtime.decoding.generate import Generation
from edge_runtime.decoding.timing import TokenTimes
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.stopwatch import Stopwatch
from edge_runtime.text.languages import LanguageChoice


@dataclass(frozen=True, slots=True)
class LoadedRecording:
    """A recording that was loaded and can be decoded.

    Attributes:
        audio: its samples.
        num_cache_rows: cache rows that prompt and output need at most.
        stopwatch: has measured the stage "decode".
    """

    audio: Audio
    num_cache_rows: int
    stopwatch: Stopwatch


@dataclass(frozen=True, slots=True)
class PreparedRecording:
    """A recording that is ready to be decoded.

    Attributes:
        audio: the recording.
        forced_language: the language that the caller chose, if any.
        decoder_input: its prompt, embeddings and token budget.
        stopwatch: has measured the stages up to the encoder.
    """

    audio: Audio
    forced_language: LanguageChoice | None
    decoder_input: DecoderInput
    stopwatch: Stopwatch


@dataclass(frozen=True, slots=True)
class DecodedRecording:
    """A recording and its tokens.

    Attributes:
        prepared: the recording.
        generation: its tokens.
        times: when each token came.
    """

    prepared: PreparedRecording
    generation: Generation
    times: TokenTimes
