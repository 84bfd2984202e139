"""The composition root: it assembles a recognizer from a bundle."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.load import Audio
from edge_runtime.audio.recording import MAX_RECORDING_S
from edge_runtime.audio.source import AudioSource
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Bundle, Progress
from edge_runtime.errors import AudioError, AudioTypeError, UsageError
from edge_runtime.loaded_model import LoadedModel
from edge_runtime.recognition.growing_recording import GrowingRecording
from edge_runtime.recognition.growing_voice import GrowingVoice
from edge_runtime.recognition.long.assembly import Assembly
from edge_runtime.recognition.long.pending import PendingRecording
from edge_runtime.recognition.long.pieces import Piece, PieceReader, Step
from edge_runtime.recognition.long.pools import decode_steps
from edge_runtime.recognition.long.reading import RecordingReader
from edge_runtime.recognition.long.second_look import Look, decode_pieces
from edge_runtime.recognition.options import DecodingOptions, RequestEncoder, TranscribeOptions
from edge_runtime.recognition.recording import LoadedRecording
from edge_runtime.recognition.segment_graphs import SegmentGraphs
from edge_runtime.recognition.transcriber import Transcriber
from edge_runtime.results.transcript import Transcript
from edge_runtime.vad.silero import SileroVad
from edge_runtime.verification.load import open_checked

if TYPE_CHECKING:
    from edge_runtime.alignment.aligner import Aligner
    from edge_runtime.streaming.events import StreamEvent
    from edge_runtime.streaming.options import StreamOptions
    from edge_runtime.streaming.stream import Stream


class Recognizer(LoadedModel[Transcriber]):
    """Speech to text with one bundle. Calls from several threads queue: they share its graphs and a cache.

    `with Recognizer.load(...) as recognizer:` and `close` free its memory.
    """

    def __init__(
        self, bundle: Bundle, options: SessionOptions | None = None, *, graphs: Transcriber | None = None
    ) -> None:
        """Load the graphs of a verified bundle, or take them; `load` also opens and verifies it."""
        super().__init__(graphs or Transcriber(bundle, options))
        self.bundle: Final = bundle
        self._manifest: Final = bundle.manifest
        self._request_encoder: Final = RequestEncoder(bundle)
        self._detector: Final = SileroVad.of(bundle)
        self._reader: Final = RecordingReader(bundle, self._detector)

    @classmethod
    def load(
        cls,
        directory: str | os.PathLike[str],
        *,
        device: str = "auto",
        threads: int = 0,
        trust: str | Path | None = None,
        progress: Progress | None = None,
    ) -> Recognizer:
        """Verify a bundle and load it.

        Args:
            directory: the bundle.
            device: "auto", "cpu", "cuda" or "cuda:1" for the second GPU; a device that is named is used or
                refused, never replaced.
            threads: CPU threads; 0 takes one for each fast core that this process may use, at most 8.
            trust: file of public keys of which one must have signed the bundle; None takes that of the
                variable EDGE_ASR_TRUST, and without either an unsigned bundle is accepted.
            progress: called with (bytes verified, bytes in all).

        Raises:
            BundleError: the bundle is missing or not as it was built, or no trusted key has signed it.
            BackendUnavailableError: its back end is not installed, or it is not for that device; its engines
                were built for another one.
            EngineMismatchError: its engines do not compute what their graphs do.
            UsageError: an unknown device, or a number of threads that cannot be meant.
        """
        checked = open_checked(Path(directory), device, threads, progress, trust=trust)
        return cls(checked.bundle, checked.options)

    def transcribe(
        self,
        audio: AudioSource,
        *,
        language: str | None = None,
        context: str | None = None,
        max_new_tokens: int | None = None,
        sample_rate: int | None = None,
        options: TranscribeOptions | None = None,
        earlier: Transcript | None = None,
    ) -> Transcript:
        """Turn a recording of any length into text.

        One longer than a segment is read twice, in blocks: its segments are planned, and decoded together.
        Another is decoded as it is.

        Args:
            audio: a path; the bytes of an audio file; a file open for reading bytes; samples, floats in
                [-1, 1] or integers of at most 32 bits, of shape (num_samples,) or (num_samples, channels),
                with `sample_rate` or as (rate, samples) or (samples, rate); or loaded `Audio`.
            language: as in `TranscribeOptions`, like the two below; what is not None replaces that of
                `options`.
            context: background text.
            max_new_tokens: token budget.
            sample_rate: rate of bare samples in Hz.
            options: language, context and token budget together, a draft text, and how a recording is
                divided.
            earlier: transcript of the same recording when it was shorter, used while it is one segment. The
                text is the same with and without it. Tokens in common with it are verified several at a time,
                where the bundle's graphs can do that.

        Raises:
            AudioError: the audio cannot be used, or is longer than the bundle takes and is not to be divided.
            UsageError: an unknown language, samples without their rate, a token budget out of range; the
                recognizer was closed, or loaded by another process.
            AudioTypeError: `audio` is nothing that is accepted; a `UsageError` and a `TypeError`.
        """
        decoding_options = self._resolve(options, language, context, max_new_tokens)

        def decode(graphs: Transcriber, recording: LoadedRecording) -> Transcript:
            hypothesis_ids = self._request_encoder.hypothesis_ids(decoding_options, earlier)
            return graphs.transcribe(recording, decoding_options, hypothesis_ids)

        return self._transcribe(audio, sample_rate, decoding_options, decode)

    def open_segment(
        self, options: TranscribeOptions | None = None, *, longest_s: Seconds = 24.0
    ) -> GrowingRecording:
        """Begin a recording that is decoded while it grows.

        Args:
            options: of all its decoding.
            longest_s: length to make room for; less where bundle or context leave less.

        Raises:
            UsageError: as for `transcribe`.
            AudioTooLongError: the context leaves no room.
        """
        resolved = self._resolve(options, None, None, None)
        with self._exclusive() as graphs:
            segment, reader = graphs.open_segment(resolved, longest_s), graphs.reader
        rate = self._manifest.features.sample_rate
        voice = GrowingVoice(self._detector) if self._detector and resolved.long.use_vad else None

        def transcribe(waveform: Waveform, grown: SegmentGraphs | None) -> Transcript:
            return self._transcribe(
                waveform,
                rate,
                resolved,
                lambda graphs, recording: graphs.transcribe(recording, resolved, segment=grown),
                None if grown is None else voice,
            )

        return GrowingRecording(segment, self._manifest.features, reader, self._exclusive, transcribe, voice)

    def stream(
        self,
        options: StreamOptions | None = None,
        *,
        on_event: Callable[[StreamEvent], None] | None = None,
        aligner: Aligner | None = None,
        worker: bool = False,
    ) -> Stream:
        """Open a stream: audio in while it arrives, text out.

        Several streams may be open; their calls queue for the graphs.

        Args:
            options: how it is transcribed.
            on_event: called with each event, in the thread that does the work; None keeps them for
                `Stream.events`.
            aligner: gives the times of each final's words, as an event of its own.
            worker: do the work in a thread of the stream's own; without, `Stream.feed` does it.

        Raises:
            UsageError: an unknown language; the recognizer was closed, or loaded by another process.
            AudioTooLongError: the context leaves no room.
        """
        from edge_runtime.streaming.opening import open_stream  # noqa: PLC0415  # of the floor above
        from edge_runtime.streaming.options import StreamOptions  # noqa: PLC0415

        chosen = options or StreamOptions()
        return open_stream(self, self._detector, chosen, on_event=on_event, aligner=aligner, worker=worker)

    def transcribe_each(
        self,
        audios: Iterable[AudioSource | AudioError],
        *,
        language: str | None = None,
        context: str | None = None,
        max_new_tokens: int | None = None,
        sample_rate: int | None = None,
        options: TranscribeOptions | None = None,
        batch_size: int = 8,
    ) -> Iterator[Transcript | AudioError]:
        """Turn recordings into text, several at a time: one step reads the weights once for all of them.

        Args:
            audios: as for `transcribe`, taken when they are needed; with batch_size above 1, a few ahead. An
                error may stand for a recording that could not be read, and is returned in its place.
            language: for all, as of `transcribe`, like the four below.
            context: background text.
            max_new_tokens: token budget of each recording.
            sample_rate: rate of bare samples in Hz.
            options: language, context and token budget together.
            batch_size: most recordings, or segments of long ones, at a time; 1 takes one recording, but eight
                segments of a long one. Fewer where their caches would fill the memory, or where the engine
                was built for fewer.

        Returns:
            In the order of the recordings, each as soon as it is known: the transcript, equal to that of the
            recording alone, or the error that says why it cannot be used. At four bits, a decision closer
            than the rounding error may differ (ADR 7). In a batch, the times of a transcript include work on
            the other recordings.

        Raises:
            UsageError: as for `transcribe`, or batch_size is below 1.
            GraphError: the bundle or its back end cannot batch, and batch_size is above 1.
        """
        if batch_size < 1:
            raise UsageError(f"batch_size is {batch_size}; it is at least 1.")
        if isinstance(audios, (str, bytes, os.PathLike, Audio)):
            raise AudioTypeError("One recording was given where several can be. Give a list: [recording].")
        decoding_options = self._resolve(options, language, context, max_new_tokens)
        steps = self._reader.steps(audios, sample_rate, decoding_options)
        return self._results(steps, decoding_options, batch_size)

    def transcribe_batch(
        self,
        audios: Sequence[AudioSource],
        *,
        language: str | None = None,
        context: str | None = None,
        max_new_tokens: int | None = None,
        sample_rate: int | None = None,
        options: TranscribeOptions | None = None,
        batch_size: int = 8,
    ) -> list[Transcript]:
        """Turn recordings into text, all or none; see `transcribe_each`.

        Returns:
            The transcripts in the order of the recordings.

        Raises:
            AudioError: a recording cannot be used; the transcripts of those before it are lost.
        """
        results = self.transcribe_each(
            audios,
            language=language,
            context=context,
            max_new_tokens=max_new_tokens,
            sample_rate=sample_rate,
            options=options,
            batch_size=batch_size,
        )
        return [_value_or_raise(result) for result in results]

    def open_recording(
        self,
        audio: AudioSource,
        options: TranscribeOptions | None = None,
        *,
        max_audio_s: Seconds = MAX_RECORDING_S,
    ) -> PendingRecording:
        """Begin a recording whose pieces are decoded among those of others, by `decode_pieces`.

        Args:
            audio: as for `transcribe`; any thread may read its pieces, one at a time.
            options: of its request.
            max_audio_s: longest recording.

        Raises:
            UsageError: as for `transcribe`.
        """
        resolved = self._resolve(options, None, None, None)
        steps = self._reader.steps([audio], None, resolved, max_audio_s)
        return PendingRecording(steps, self._reader.pieces(resolved), Assembly(resolved, self.bundle))

    def decode_pieces(
        self, reader: PieceReader, pieces: Sequence[Piece], batch_size: int
    ) -> Iterator[tuple[int, Look]]:
        """Decode pieces of recordings together.

        Args:
            reader: of one of the recordings; all have equal options.
            pieces: of any of them.
            batch_size: most pieces at a time.

        Yields:
            Index of each piece and what becomes of it, in the order they end.
        """
        decode = partial(decode_pieces, reader=reader, pieces=pieces, batch_size=batch_size)
        return self._each_exclusive(decode)

    def _transcribe(
        self,
        audio: AudioSource,
        sample_rate: int | None,
        options: DecodingOptions,
        decode: Callable[[Transcriber, LoadedRecording], Transcript],
        voice: GrowingVoice | None = None,
    ) -> Transcript:
        """Transcribe a recording; `decode` does it where it is one segment, `voice` has heard it."""
        steps = self._reader.steps([audio], sample_rate, options, detector=voice)
        first = next(steps)
        if first.piece is None or not first.piece.is_whole:
            return _value_or_raise(next(self._results(chain([first], steps), options, 1)))
        with self._exclusive() as graphs:
            return decode(graphs, first.piece.recording)

    def _resolve(
        self,
        options: TranscribeOptions | None,
        language: str | None,
        context: str | None,
        max_new_tokens: int | None,
    ) -> DecodingOptions:
        given = (options or TranscribeOptions()).replaced(
            language=language, context=context, max_new_tokens=max_new_tokens
        )
        with self._exclusive():
            return self._request_encoder.resolve(given)

    def _results(
        self, steps: Iterable[Step], options: DecodingOptions, batch_size: int
    ) -> Iterator[Transcript | AudioError]:
        assembly = Assembly(options, self.bundle)
        return decode_steps(steps, self._reader.pieces(options), assembly, self._each_exclusive, batch_size)


def _value_or_raise(value: Transcript | AudioError) -> Transcript:
    """Return the value, or raise the error that stands in its place."""
    if isinstance(value, AudioError):
        raise value
    return value
