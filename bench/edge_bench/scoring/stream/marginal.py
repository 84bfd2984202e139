"""How much less streams compute than the official scheme, in the last ten seconds of a minute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_bench.scoring.stream.client import RATE, StreamClient
from edge_bench.scoring.stream.recordings import StreamedRecording
from edge_bench.scoring.stream.work import Work, official_work
from edge_runtime.arrays import Seconds

_MINUTE_S: Final[Seconds] = 60.0
_FROM_S: Final[Seconds] = 50.0


def less_work(client: StreamClient, recordings: Sequence[StreamedRecording]) -> Work:
    """Return how many times more the official scheme computes from second 50 to 60.

    Ours is the mean of ten seconds behind the first ten: it does not grow.

    Args:
        client: streams them.
        recordings: of a minute at least, pooled.
    """
    ten_s = _MINUTE_S - _FROM_S
    tens = len(recordings) * (_MINUTE_S - ten_s) / ten_s
    ours = sum((client.work_between(each.samples, ten_s, _MINUTE_S) for each in recordings), Work()) / tens
    num_tokens = sum(client.num_tokens(each.text) for each in recordings)
    rate = num_tokens / sum(len(each.samples) / RATE for each in recordings)
    return (official_work(_MINUTE_S, rate) - official_work(_FROM_S, rate)).ratio(ours)
