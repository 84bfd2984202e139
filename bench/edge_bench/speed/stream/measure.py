"""Stream a recording at the speed of speech, and decode its segments at once for comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Final

from edge_bench.speed.figures import peak_rss_bytes, rss_bytes
from edge_bench.speed.stream.paced_client import SentPackets, send
from edge_bench.speed.stream.passes import Pass
from edge_bench.speed.stream.report import FinalTimes, Quantiles, StreamFigures
from edge_bench.speed.stream.spoken_segment import Happening, SpokenSegment, segments_of
from edge_bench.speed.stream.streamer import Streamer
from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.streaming.endpoints.options import EndpointOptions
from edge_runtime.streaming.events import Stats, StreamEvent
from edge_runtime.vad.timestamps import FRAME_SAMPLES, SAMPLE_RATE

_WARM_UP_S: Final[Seconds] = 8.0
"""A window of audio, decoded before the stream, so that weights are in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """A stream that has ended.

    Attributes:
        segments: that have a final.
        sent: packets of the client.
        stats: its counts.
        processor_s: processor time.
        audio_s: length of the recording.
        loaded_bytes: resident memory before, None where it is unknown.
        peak_bytes: most of it until the end.
    """

    segments: tuple[SpokenSegment, ...]
    sent: SentPackets
    stats: Stats
    processor_s: Seconds
    audio_s: Seconds
    loaded_bytes: int | None
    peak_bytes: int | None


def stream_paced(streamer: Streamer, samples: Waveform, packet_s: Seconds) -> Streamed:
    """Stream a recording, shape (num_samples,), in packets."""
    happened: list[Happening] = []

    def note(what: Pass | StreamEvent) -> None:
        happened.append(Happening(perf_counter(), what))

    streamer.transcribe(samples[: round(_WARM_UP_S * SAMPLE_RATE)], streamer.options.language)
    loaded, began = rss_bytes(), process_time()
    with streamer.open(note, note, worker=True) as stream:
        sent = send(stream, samples, packet_s)
        stream.flush()
        stats = stream.stats
    return Streamed(
        segments=tuple(segments_of(happened)),
        sent=sent,
        stats=stats,
        processor_s=process_time() - began,
        audio_s=len(samples) / SAMPLE_RATE,
        loaded_bytes=loaded,
        peak_bytes=peak_rss_bytes(),
    )


def finals_of(streamed: Streamed, streamer: Streamer, samples: Waveform) -> tuple[FinalTimes, ...]:
    """Return the times of the segments that ended in silence; each is decoded at once for that."""
    pad_s = _pad_s(streamer.options.endpoint.end_pad_ms)
    return tuple(
        FinalTimes(
            duration_s=segment.duration_s,
            final_s=segment.final_after_s(streamed.sent, pad_s),
            final_work_s=segment.final_work_s(streamed.sent),
            passes_s=segment.final_passes_s(),
            offline_s=_offline_s(streamer, samples, segment),
        )
        for segment in streamed.segments
        if segment.ended_in_silence
    )


def figures_of(streamed: Streamed, finals: Sequence[FinalTimes], endpoint: EndpointOptions) -> StreamFigures:
    """Summarize a stream and its finals."""
    sent, segments, stats = streamed.sent, streamed.segments, streamed.stats
    passes = [one for segment in segments for one in segment.passes]
    partials = [partial for segment in segments for _, partial in segment.partials]
    return StreamFigures(
        final_s=Quantiles.of([one.final_s for one in finals]),
        final_work_s=Quantiles.of([one.final_work_s for one in finals]),
        passes_s=Quantiles.of([one.passes_s for one in finals]),
        offline_s=Quantiles.of([one.offline_s for one in finals]),
        final_share=Quantiles.of([one.final_work_s / one.offline_s for one in finals]),
        passes_share=Quantiles.of([one.passes_s / one.offline_s for one in finals]),
        step_s=Quantiles.of([one.took_s for one in passes if one.kind == "step"]),
        first_text_s=Quantiles.of(_first_texts(segments, sent, endpoint.start_pad_ms / 1000)),
        lag_s=Quantiles.of([partial.lag_ms / 1000 for partial in partials]),
        rtf=streamed.processor_s / streamed.audio_s,
        busy=sum(one.took_s for one in passes) / streamed.audio_s,
        late_steps=stats.merged_steps / max(1, stats.merged_steps + stats.steps),
    )


def _pad_s(end_pad_ms: int) -> Seconds:
    """Return the silence at the end of a segment: the first whole frames that are as long."""
    return -(-end_pad_ms * SAMPLE_RATE // (1000 * FRAME_SAMPLES)) * FRAME_SAMPLES / SAMPLE_RATE


def _offline_s(streamer: Streamer, samples: Waveform, segment: SpokenSegment) -> Seconds:
    assert segment.final is not None, "the segment has ended"
    first, end = round(segment.final.start * SAMPLE_RATE), round(segment.final.end * SAMPLE_RATE)
    began_at = perf_counter()
    streamer.transcribe(samples[first:end], segment.passes[-1].language)
    return perf_counter() - began_at


def _first_texts(segments: Sequence[SpokenSegment], sent: SentPackets, start_pad_s: Seconds) -> list[Seconds]:
    """Return the times to the first text of the segments that began with speech, not behind a cut."""
    after_cut = [False, *(one.endpoint is not None and one.endpoint.reason == "length" for one in segments)]
    return [
        segment.partials[0][0] - sent.spoken_at(segment.start.start + start_pad_s)
        for segment, is_cut in zip(segments, after_cut, strict=False)
        if segment.partials and not is_cut
    ]
