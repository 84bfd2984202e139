"""Reads the recordings of a request, each surveyed and then piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.audio.recording import MAX_RECORDING_S
from edge_runtime.audio.source import AudioSource, open_source
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.errors import AudioError
from edge_runtime.recognition.long.limited import LimitedRecording
from edge_runtime.recognition.long.pieces import PieceReader, RecordingEnd, Step, steps_of
from edge_runtime.recognition.long.survey import VoiceDetector, survey_recording
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.recognition.prompter import Prompter
from edge_runtime.stopwatch import Stopwatch


class RecordingReader:
    """Reads recordings for one bundle."""

    def __init__(self, bundle: Bundle, detector: VoiceDetector | None) -> None:
        """Take the bundle that decodes them, and the detector that hears where speech is."""
        self._prompter: Final = Prompter(bundle.manifest)
        self._detector: Final = detector
        self._rate: Final = bundle.manifest.features.sample_rate

    def pieces(self, options: DecodingOptions) -> PieceReader:
        """Return the reader of the pieces of a request."""
        return PieceReader(self._prompter, options, self._rate)

    def steps(
        self,
        audios: Iterable[AudioSource | AudioError],
        sample_rate: int | None,
        options: DecodingOptions,
        max_audio_s: Seconds = MAX_RECORDING_S,
        *,
        detector: VoiceDetector | None = None,
    ) -> Iterator[Step]:
        """Yield the pieces of recordings as they are read; the last of each says how it ends.

        Args:
            audios: recordings, or why one has none.
            sample_rate: rate of bare samples in Hz.
            options: of the request.
            max_audio_s: longest recording; one that turns out to be longer is read no further.
            detector: one that has heard the recording; None takes that of the bundle.
        """
        reader, detector = self.pieces(options), detector or self._detector
        for audio in audios:
            stopwatch = Stopwatch()
            try:
                if isinstance(audio, AudioError):
                    raise audio
                limit_s = self._prompter.longest_s(options)
                with open_source(audio, sample_rate, self._rate) as opened:
                    recording = LimitedRecording(opened, max_audio_s, self._rate)
                    with stopwatch.stage("decode"):
                        plan = survey_recording(recording, self._rate, detector, options.long, limit_s)
                    yield from steps_of(
                        reader.read(recording, plan, stopwatch), RecordingEnd(plan, stopwatch)
                    )
            except AudioError as error:
                yield Step(None, error)
