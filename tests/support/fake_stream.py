"""A stream that says how much it samples, in the events of a real one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_runtime.arrays import Waveform
from edge_runtime.streaming.events import Final, Partial, StreamEvent
from edge_runtime.streaming.options import StreamOptions

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass
class FakeStream:
    """Says a partial for every second, and at the end a final with the number of samples and their sum."""

    options: StreamOptions
    on_event: Callable[[StreamEvent], None]
    rate: int = 0
    fed: list[Waveform] = field(default_factory=list)
    num_partials: int = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    @property
    def seconds(self) -> float:
        return sum(map(len, self.fed)) / self.rate if self.rate else 0.0

    def feed(self, samples: Waveform, sample_rate: int = 16_000) -> None:
        assert samples.dtype == np.float32
        self.rate = sample_rate
        self.fed.append(samples)
        while self.num_partials < int(self.seconds):
            self.num_partials += 1
            self.on_event(
                Partial(stable_added="word ", draft="draft", audio_s=float(self.num_partials), lag_ms=1.0)
            )

    def flush(self) -> None:
        samples = np.concatenate(self.fed) if self.fed else np.zeros(0, np.float32)
        text = f"{len(samples)} samples at {self.rate} Hz, mean {samples.mean() if samples.size else 0:.3f}"
        self.on_event(final(text if samples.size else "", end=self.seconds))


def final(text: str, **fields: Any) -> Final:
    known = {
        "text": text,
        "language": "English",
        "start": 0.0,
        "end": 1.0,
        "confidence": 0.9,
        "status": "ok",
        "corrected": 0,
        "lag_ms": 1.0,
    }
    return Final(**{**known, **fields})
