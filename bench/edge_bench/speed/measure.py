"""Run a scenario on a loaded bundle, and summarize."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from typing import Final

from edge_bench.speed.batch import Batch, measure_batch
from edge_bench.speed.environment import read_environment
from edge_bench.speed.figures import peak_rss_bytes, rss_bytes
from edge_bench.speed.loading import Loaded
from edge_bench.speed.machine.device_memory import device_memory
from edge_bench.speed.machine.energy import energies
from edge_bench.speed.machine.meters.meter import Search
from edge_bench.speed.machine.meters.search import find_meters
from edge_bench.speed.machine.sampler import Sampler, Samples
from edge_bench.speed.machine.state import NOT_READABLE, read_state
from edge_bench.speed.options import REPEATS, BenchOptions
from edge_bench.speed.overhead import Overhead, measure_stamp_us
from edge_bench.speed.position import measure_position
from edge_bench.speed.recordings import BenchRecording
from edge_bench.speed.report import AudioInput, Figures, Machine, Memory, MemorySample, Report, Speed
from edge_bench.speed.scenarios.choice import choose_scenario
from edge_bench.speed.scenarios.clock import Clock, MachineClock
from edge_bench.speed.scenarios.scenario import Measured
from edge_bench.speed.scenarios.service import BundleService
from edge_bench.speed.scenarios.warm_up import WarmUp, warm_up
from edge_bench.speed.statistics.distribution import Distribution
from edge_bench.speed.statistics.rate import rate_of
from edge_bench.speed.statistics.steadiness import steadiness_of
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.arrays import Seconds
from edge_runtime.audio.load import Audio
from edge_runtime.doctor.host import Host
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.results.transcript import EngineInfo
from edge_runtime.version import VERSION

IDLE_S: Final = 2.0
"""How long idle power is measured."""
_OF_QUERY: Final = ("latency_ms", "wait_ms")
_MAX_SAMPLES: Final = 200


@dataclass(frozen=True, slots=True)
class _Watched:
    """What was measured, and the machine meanwhile."""

    measured: Measured
    samples: Samples
    sampler_share: float
    machine: Machine


def measure(
    loaded: Loaded,
    recordings: Sequence[BenchRecording],
    bench_options: BenchOptions,
    *,
    aligner: Aligner | None = None,
    host: Host | None = None,
    clock: Clock | None = None,
) -> Report:
    """Warm up, run the scenario, and summarize.

    Args:
        loaded: the bundle.
        recordings: of the queries.
        bench_options: the scenario, and decoding options.
        aligner: times the words of every transcript; None for none.
        host: whose sensors are read; None for this machine.
        clock: times queries; None for this machine's.

    Raises:
        AudioError: a recording cannot be used.
        GraphError: queries are to be decoded together, and the bundle or its back end cannot batch.
    """
    clock, host = clock or MachineClock(), host or Host()
    options = _options(bench_options, recordings)
    service = BundleService(loaded.recognizer, options, bench_options.batch_size, aligner)
    with closing(find_meters(host)) as search:
        idle = _idle(search, clock)
        warmed = warm_up(service, recordings, bench_options.warm_up, clock)
        watched = _watch(loaded, service, recordings, bench_options, search, idle, host, clock)
    memory = _memory(loaded, watched.samples)  # before a batch and the roofline take more
    return _report(
        loaded,
        recordings,
        bench_options,
        warmed,
        watched,
        memory,
        _batch(loaded, recordings[0], options, bench_options),
    )


def _options(bench_options: BenchOptions, recordings: Sequence[BenchRecording]) -> TranscribeOptions:
    # The detector hears no voice in synthetic audio, and a text that means nothing is always doubtful.
    is_synthetic = any(isinstance(recording.source, Audio) for recording in recordings)
    return TranscribeOptions(
        language=bench_options.language,
        max_new_tokens=bench_options.max_new_tokens,
        long=LongOptions(use_vad=False, second_look=False) if is_synthetic else LongOptions(),
    )


def _batch(
    loaded: Loaded, recording: BenchRecording, options: TranscribeOptions, bench_options: BenchOptions
) -> Batch | None:
    if bench_options.batch_size == 1 or bench_options.scenario != "single-stream":
        return None
    return measure_batch(
        loaded.recognizer,
        recording.source,
        options,
        size=bench_options.batch_size,
        repeats=bench_options.repeats or REPEATS,
        divided=recording.duration_s > options.long.segments.segment_sec,
    )


def _report(
    loaded: Loaded,
    recordings: Sequence[BenchRecording],
    bench_options: BenchOptions,
    warmed: WarmUp,
    watched: _Watched,
    memory: Memory,
    batch: Batch | None,
) -> Report:
    bundle, measured = loaded.recognizer.bundle, watched.measured
    figures = figures_of(measured)
    step_ms = figures.step_ms.p50.value if figures.step_ms else None
    return Report(
        asked=bench_options,
        recordings=tuple(map(AudioInput.of, recordings)),
        engine=EngineInfo.of(bundle),
        bundle_bytes=sum(entry.bytes for entry in bundle.manifest.files.values()),
        load=loaded.load,
        warm_up=warmed,
        speed=speed_of(measured),
        steadiness=steadiness_of([(work.recordings, work.busy_ms) for work in measured.works]),
        figures=figures,
        memory=memory,
        machine=watched.machine,
        overhead=Overhead.of(measure_stamp_us(), watched.sampler_share, step_ms),
        queries=measured.queries,
        works=measured.works,
        environment=read_environment(),
        runtime_version=VERSION,
        roofline=measure_position(bundle, measured, bench_options),
        batch=batch,
    )


def figures_of(measured: Measured) -> Figures:
    """Summarize queries, figure by figure."""
    return Figures(
        **{
            figure.name: Distribution.of(
                getattr(query if figure.name in _OF_QUERY else query.run, figure.name)
                for query in measured.queries
            )
            for figure in fields(Figures)
        }
    )


def speed_of(measured: Measured) -> Speed:
    """Return the rates over all queries."""
    busy_s = [work.busy_ms / 1e3 for work in measured.works]
    audio_s = [work.audio_s for work in measured.works]
    wall_s = measured.wall_ms / 1e3
    return Speed(
        rtf=rate_of(busy_s, audio_s),
        rtfx=rate_of(audio_s, busy_s),
        queries_per_s=len(measured.queries) / wall_s,
        busy_share=min(1.0, sum(busy_s) / wall_s),
    )


def _idle(search: Search, clock: Clock) -> Samples:
    """Read the meters while nothing runs; for no time where there is none."""
    with Sampler(search.meters) as sampler:
        if search.meters:
            clock.sleep(IDLE_S)
    return sampler.samples


def _watch(
    loaded: Loaded,
    service: BundleService,
    recordings: Sequence[BenchRecording],
    bench_options: BenchOptions,
    search: Search,
    idle: Samples,
    host: Host,
    clock: Clock,
) -> _Watched:
    scenario = choose_scenario(bench_options, len(recordings))
    memory = device_memory(loaded.recognizer.bundle.manifest.target, loaded.device_id)
    before = read_state(host)
    with Sampler(search.meters, memory) as sampler:
        measured = scenario.run(service, recordings, clock)
    after = read_state(host)
    audio_s = sum(query.audio_s for query in measured.queries)
    energy = energies(search.meters, idle, sampler.samples, audio_s)
    states = dict.fromkeys(before.absent, NOT_READABLE)
    meters = {name: f"{NOT_READABLE}: {reason}" for name, reason in search.absent}
    machine = Machine(before, after, energy, {**states, **meters})
    return _Watched(measured, sampler.samples, sampler.share, machine)


def _memory(loaded: Loaded, samples: Samples) -> Memory:
    start: Seconds = samples.times_s[0]
    read = [
        MemorySample(time_s - start, rss)
        for time_s, rss in zip(samples.times_s, samples.rss_bytes, strict=True)
        if rss is not None
    ]
    return Memory(
        loaded_bytes=loaded.rss_bytes,
        current_bytes=rss_bytes(),
        peak_bytes=peak_rss_bytes(),
        peak_device_bytes=max((used for used in samples.device_bytes if used is not None), default=None),
        samples=tuple(read[:: max(1, -(-len(read) // _MAX_SAMPLES))]),
    )
