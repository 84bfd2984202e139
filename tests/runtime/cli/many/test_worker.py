"""A worker, in this process: what it is sent, and what it answers."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from edge_runtime.cli.many.items import Outcome
from edge_runtime.cli.workers.worker import Answer, Refusal, Work, work
from edge_runtime.errors import AudioError, BundleError, ExitCode

WORK = Work(items=[SimpleNamespace(name="a.wav"), SimpleNamespace(name="b.wav")], batch_size=3)  # type: ignore[list-item]


@pytest.fixture(autouse=True)
def interrupts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker ignores them; this process does not go on doing so."""
    handler = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, handler)


def messages_of(load: Callable[[], Any], *sent: Work) -> list[Any]:
    """Run a worker, send it work, close the connection behind its last message and return all of them."""
    ours, theirs = multiprocessing.Pipe()
    received: list[Any] = []

    def parent() -> None:
        for order in sent:
            ours.send(order)
        wanted = 1 + sum(len(order.items) for order in sent)
        while len(received) < wanted and not any(isinstance(one, Refusal) for one in received):
            received.append(ours.recv())
        ours.close()

    thread = Thread(target=parent)
    thread.start()
    work(theirs, SimpleNamespace(load=load))  # type: ignore[arg-type]
    thread.join()
    return received


def engine(*results: object) -> Callable[[], Any]:
    def transcribe(items: Any, batch_size: int) -> Iterator[tuple[Any, Outcome]]:
        assert batch_size == WORK.batch_size
        for item, result in zip(items, results, strict=True):
            yield item, Outcome(result, tries=1)  # type: ignore[arg-type]

    return lambda: SimpleNamespace(identity="the bundles", transcribe=transcribe)


def test_it_says_what_it_loaded_and_answers_until_its_parent_ends() -> None:
    load = engine("a transcript", AudioError("b.wav: is empty."))
    identity, first, second = messages_of(load, WORK)
    assert identity == "the bundles"
    assert first == Answer("a transcript", is_final=False, tries=1)  # type: ignore[arg-type]
    assert (second.result.exit_code, second.is_final) == (AudioError.exit_code, True)
    assert "is empty" in second.result.message
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def test_a_bundle_that_cannot_be_loaded_is_refused_once_for_all() -> None:
    def load() -> Any:
        raise BundleError("engines/mini: missing.")

    (only,) = messages_of(load)
    assert isinstance(only, Refusal)
    assert only.failure.exit_code == ExitCode.BUNDLE
