"""A function in a process of its own: its memory is free afterwards, and its death is an error."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any


class ChildDiedError(Exception):
    """A process that ended without an answer, as one does that the system kills for memory."""


def run_in_child(function: Callable[..., None], *arguments: Any) -> None:
    """Call a function in a new process and wait for it; the process ends with this one.

    Args:
        function: of a module, since it is found by name.
        arguments: of it; they are pickled.

    Raises:
        ChildDiedError: the process was killed or crashed.
        Exception: what the function raised.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_call, args=(sender, function, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        error = _received(receiver)
    except BaseException:
        process.terminate()
        raise
    finally:
        process.join()
    if error is not None:
        raise error


def _received(receiver: Connection) -> BaseException | None:
    try:
        error: BaseException | None = receiver.recv()
    except EOFError:
        return ChildDiedError()
    return error


def _call(sender: Connection, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    try:
        function(*arguments)
    except Exception as error:  # noqa: BLE001 - raised again in the parent
        sender.send(error)
    else:
        sender.send(None)
