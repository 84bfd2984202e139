"""Load a bundle, run it repeatedly in this process, and summarize."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from time import perf_counter
from typing import Final

from edge_bench.speed.batch import measure_batch
from edge_bench.speed.environment import read_environment
from edge_bench.speed.figures import peak_rss_bytes, rss_bytes, spread
from edge_bench.speed.report import AudioInput, BenchOptions, Figures, Load, Memory, Report, Run
from edge_bench.speed.synthetic import speech_like
from edge_runtime.arrays import Seconds
from edge_runtime.audio.load import Audio, from_array
from edge_runtime.audio.source import load_source
from edge_runtime.backends.device import require_device
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Progress, open_bundle
from edge_runtime.bundle.trust import read_trust
from edge_runtime.errors import AudioError, AudioTooLongError
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import EngineInfo, Timing, Transcript
from edge_runtime.vad.energy import detect_speech
from edge_runtime.version import VERSION


@dataclass(frozen=True, slots=True)
class Loaded:
    """A recognizer, its load times, and the resident memory after loading."""

    recognizer: Recognizer
    load: Load
    rss_bytes: int | None


def load(directory: Path, bench_options: BenchOptions, progress: Progress | None = None) -> Loaded:
    """Verify and load a bundle, and time both.

    Raises:
        BundleError: the bundle is missing or not as it was built.
        BackendUnavailableError: its back end is not installed, or it is not for the device.
    """
    start = perf_counter()
    bundle = open_bundle(directory, progress, trust=read_trust(None))
    verified = perf_counter()
    device_id = require_device(bench_options.device, bundle.manifest.target)
    probed = perf_counter()  # probing the device is no part of loading
    recognizer = Recognizer(bundle, SessionOptions(bench_options.threads, device_id))
    times = Load(1e3 * (verified - start), 1e3 * (perf_counter() - probed))
    return Loaded(recognizer, times, rss_bytes())


def synthetic(loaded: Loaded, duration_s: Seconds) -> Audio:
    """Return synthetic audio at the sample rate of the bundle.

    Raises:
        UsageError: the length is no number, or too short.
        AudioTooLongError: it is longer than the bundle takes.
    """
    manifest = loaded.recognizer.bundle.manifest
    rate, max_audio_s = manifest.features.sample_rate, manifest.limits.max_audio_s
    if duration_s > max_audio_s:  # checked first: the samples might not fit the memory
        raise AudioTooLongError(
            f"--synthetic {duration_s:g}: the bundle takes {max_audio_s:.1f} s in one piece."
        )
    return from_array(speech_like(duration_s, rate), rate, rate, max_audio_s)


def measure(loaded: Loaded, audio: Path | Audio, bench_options: BenchOptions) -> Report:
    """Transcribe a recording `warm_up` + `repeats` times.

    Args:
        loaded: the bundle.
        audio: a file, which every run reads anew, or loaded audio.
        bench_options: numbers of runs, and decoding options.

    Raises:
        AudioError: the recording cannot be used, or is silent.
        GraphError: `batch_size` is above 1, and the bundle or its back end cannot batch.
    """
    recognizer = loaded.recognizer
    recording = _require_speech(audio, recognizer)
    options = TranscribeOptions(
        language=bench_options.language,
        max_new_tokens=bench_options.max_new_tokens,
        # The detector hears no voice in synthetic audio, and a text that means nothing is always doubtful.
        long=LongOptions() if recording.path else LongOptions(use_vad=False, second_look=False),
    )
    for _ in range(bench_options.warm_up):
        recognizer.transcribe(audio, options=options)
    runs = tuple(run_of(recognizer.transcribe(audio, options=options)) for _ in range(bench_options.repeats))
    batch = None
    if bench_options.batch_size > 1:
        batch = measure_batch(
            recognizer,
            audio,
            options,
            size=bench_options.batch_size,
            repeats=bench_options.repeats,
            divided=recording.duration_s > options.long.segments.segment_sec,
        )
    bundle = recognizer.bundle
    return Report(
        asked=bench_options,
        audio=recording,
        engine=EngineInfo.of(bundle),
        bundle_bytes=sum(entry.bytes for entry in bundle.manifest.files.values()),
        load=loaded.load,
        figures=figures_of(runs),
        memory=Memory(loaded.rss_bytes, rss_bytes(), peak_rss_bytes()),
        runs=runs,
        environment=read_environment(),
        runtime_version=VERSION,
        batch=batch,
    )


def run_of(transcript: Transcript) -> Run:
    """Return the figures of one transcription."""
    timing = transcript.timing
    rate = timing.decode_tok_s
    return Run(
        **{name: getattr(timing, name) for name in _SHARED},
        step_ms=1e3 / rate if rate else None,
        num_tokens=transcript.num_tokens,
        status=transcript.status,
    )


def figures_of(runs: Sequence[Run]) -> Figures:
    """Summarize runs, figure by figure."""
    return Figures(
        **{figure.name: spread(getattr(run, figure.name) for run in runs) for figure in fields(Figures)}
    )


_SHARED: Final = tuple(field.name for field in fields(Timing))


def _require_speech(audio: Path | Audio, recognizer: Recognizer) -> AudioInput:
    """Refuse silence: its transcript is empty, so most stages would have nothing to do."""
    manifest = recognizer.bundle.manifest
    loaded = load_source(audio, None, manifest.features.sample_rate, manifest.limits.max_audio_s)
    if not detect_speech(loaded.waveform, loaded.sample_rate):
        raise AudioError(
            f"{loaded.source or 'The audio'}: silent, and the times of an empty answer say little. "
            f"Give a recording of speech, or --synthetic SECONDS."
        )
    return AudioInput(loaded.source, loaded.duration_s)
