"""The client's clock."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from edge_bench.speed.stream.paced_client import send
from edge_runtime.arrays import Waveform

RATE = 16_000


@dataclass
class Clock:
    """Time that passes when somebody waits or works; the stream works 0.25 s on its third packet."""

    now_s: float = 100.0
    sizes: list[int] = field(default_factory=list)

    def now(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    def feed(self, samples: Waveform, sample_rate: int = RATE) -> None:
        assert sample_rate == RATE
        self.sizes.append(len(samples))
        self.now_s += 0.25 if len(self.sizes) == 3 else 0.0


def test_a_packet_is_sent_when_its_last_sample_was_spoken_and_a_late_one_makes_no_other_late() -> None:
    clock = Clock()
    sent = send(clock, np.zeros(RATE, np.float32), 0.1, now=clock.now, wait=clock.wait)
    assert clock.sizes == [1600] * 10
    due = [100.1, 100.2, 100.3, 100.55, 100.55, 100.6, 100.7, 100.8, 100.9, 101.0]
    assert sent.sent_at == pytest.approx(due)
    assert sent.latest_s == pytest.approx(0.15)
    assert sent.spoken_at(0.4) == pytest.approx(100.4)
    assert [sent.arrival(sample) for sample in (1, 1600, 1601)] == pytest.approx([100.1, 100.1, 100.2])
