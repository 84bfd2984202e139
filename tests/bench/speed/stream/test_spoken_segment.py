"""Times of finals, on planted passes."""

from __future__ import annotations

import pytest

from edge_bench.speed.stream.paced_client import SentPackets
from edge_bench.speed.stream.passes import Pass
from edge_bench.speed.stream.spoken_segment import Happening, segments_of
from edge_runtime.streaming.events import Endpoint, EndpointReason, Final, SpeechStart

RATE = 16_000
FINAL = Final(
    text="yes", language=None, start=1.0, end=3.0, confidence=None, status="ok", corrected=0, lag_ms=0.0
)
# A second is a packet; speech ends at 2.8 s, and the silence behind it is noticed at 4 s.
SENT = SentPackets(
    100.0, [RATE * second for second in range(1, 7)], [100.0 + second for second in range(1, 7)]
)


def happenings(
    began: float, ended: float, final: float, reason: EndpointReason = "silence"
) -> list[Happening]:
    step = Happening(ended, Pass("step", None, 2 * RATE, 3, began, ended))
    end = Happening(104.0, Endpoint(end=3.0, reason=reason, audio_s=4.0))
    return [
        Happening(101.5, SpeechStart(start=1.0, audio_s=1.5)),
        Happening(102.2, Pass("step", None, RATE, 2, 102.0, 102.2)),
        *((step, end) if ended <= 104 else (end, step)),
        Happening(final, Pass("finish", None, 2 * RATE, 3, final - 0.01, final)),
        Happening(final, FINAL),
    ]


@pytest.mark.parametrize(
    ("began", "ended", "final", "work"),
    [
        (103.0, 103.3, 104.1, 0.3 + 0.1),  # the last pass ends in the silence, which nobody waits for
        (103.4, 103.7, 104.1, 0.7 + 0.1),  # it waited for the step before it
        (103.9, 104.4, 104.5, 1.0 + 0.5),  # it goes on behind the endpoint: counted once
        (104.1, 104.6, 104.7, 0.7),  # it was put off until the endpoint
    ],
)
def test_waiting_for_silence_is_left_out_and_nothing_is_counted_twice(
    began: float, ended: float, final: float, work: float
) -> None:
    (segment,) = segments_of(happenings(began, ended, final))
    assert segment.ended_in_silence
    assert segment.final_work_s(SENT) == pytest.approx(work)
    assert segment.final_after_s(SENT, 0.2) == pytest.approx(final - 102.8)
    assert segment.final_passes_s() == pytest.approx(ended - began + 0.01)


def test_a_segment_that_was_cut_has_no_end_of_speech_and_one_without_a_final_is_left_out() -> None:
    cut = happenings(103.0, 103.3, 104.1, "length")
    (segment,) = segments_of([*cut, Happening(105.0, SpeechStart(start=4.0, audio_s=5.0))])
    assert not segment.ended_in_silence
