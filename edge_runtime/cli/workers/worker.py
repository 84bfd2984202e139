"""A worker process: it loads its own models and transcribes what its parent sends."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from edge_runtime.cli.failures import Failure, failure_of
from edge_runtime.cli.many.again import is_final
from edge_runtime.cli.many.engine import EngineIdentity
from edge_runtime.cli.many.items import Item, Outcome
from edge_runtime.cli.many.setup import EngineSetup
from edge_runtime.errors import DeviceLostError, ExitCode
from edge_runtime.results.transcript import Transcript

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


@dataclass(frozen=True, slots=True)
class Work:
    """Items that a worker is sent together.

    Attributes:
        items: in the order of their answers.
        batch_size: recordings decoded together.
    """

    items: Sequence[Item]
    batch_size: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one item.

    Attributes:
        result: its transcript, or why there is none.
        is_final: whether another try would fail likewise.
        tries: how often it was tried.
    """

    result: Transcript | Failure
    is_final: bool
    tries: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why this worker, and every other one, can do nothing.

    Attributes:
        failure: the reason.
    """

    failure: Failure


Message: TypeAlias = EngineIdentity | Answer | Refusal
"""What a worker sends: its bundles once they are loaded, then answers."""


def work(connection: Connection, setup: EngineSetup) -> None:
    """Run a worker until its parent ends or closes the connection.

    Args:
        connection: `Work` comes in, `Message`s go out.
        setup: of the engine.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            _serve(connection, setup)
        except DeviceLostError:
            # Only a new process can use the device again.
            os._exit(ExitCode.BACKEND)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise
        except Exception as error:  # noqa: BLE001  # of every recording
            connection.send(Refusal(failure_of(error)))


def _serve(connection: Connection, setup: EngineSetup) -> None:
    engine = setup.load()
    connection.send(engine.identity)
    while True:
        order: Work = connection.recv()
        for item, outcome in engine.transcribe(order.items, order.batch_size):
            connection.send(_answer(item, outcome))


def _answer(item: Item, outcome: Outcome) -> Answer:
    result = outcome.result
    if isinstance(result, Exception):
        return Answer(failure_of(result, item.name), is_final(result), outcome.tries)
    return Answer(result, is_final=False, tries=outcome.tries)
