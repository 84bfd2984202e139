"""Partials that nobody takes are joined; nothing of the stable text is lost, and no final."""

from __future__ import annotations

from edge_runtime.streaming.events import Final, Partial, SpeechStart
from edge_runtime.streaming.flow.event_queue import EventQueue


def partial(added: str, draft: str = "", at: float = 0.0) -> Partial:
    return Partial(stable_added=added, draft=draft, audio_s=at, lag_ms=0.0)


def final(text: str) -> Final:
    return Final(
        text=text, language=None, start=0, end=1, confidence=None, status="ok", corrected=0, lag_ms=0
    )


def test_the_last_partial_takes_in_the_next_where_too_many_wait() -> None:
    queue = EventQueue(2)
    for added, draft in (("a", "x"), (" b", "y"), (" c", "z"), (" d", "")):
        queue.put(partial(added, draft))
    assert list(queue.take(wait=False)) == [partial("a", "x"), partial(" b c d")]
    assert queue.num_dropped == 2
    queue.put(partial("e"))
    queue.put(partial("f"))
    assert len(list(queue.take(wait=False))) == 2


def test_partials_of_two_segments_are_not_joined_and_finals_always_wait() -> None:
    queue = EventQueue(1)
    start = SpeechStart(start=0, audio_s=0)
    for _ in range(50):
        for event in (start, partial("a"), partial(" b"), final("a b")):
            queue.put(event)
    events = list(queue.take(wait=False))
    assert events == [start, partial("a b"), final("a b")] * 50
    assert queue.num_dropped == 50


def test_a_closed_queue_lets_nobody_wait() -> None:
    queue = EventQueue(1)
    queue.put(final("a"))
    queue.close()
    assert list(queue.take(wait=True)) == [final("a")]
