"""Graphs in a forked child: kept, since ONNX Runtime cannot free them there.

A session's threads do not survive `fork`. ONNX Runtime waits for them when it frees the session, in the child
too, and so a child that merely exits hangs or aborts (seen with 1.32). The child therefore never frees
the sessions of its parent; their memory is the parent's until somebody writes to it.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any, Final
from weakref import WeakSet

_SESSIONS: Final[WeakSet[Any]] = WeakSet()


def keep_in_children(handle: Any) -> None:
    """Let no child that is forked from now on free a session of ONNX Runtime."""
    _SESSIONS.add(handle)


def _keep_all() -> None:
    for handle in _SESSIONS:
        # A reference that nobody gives back: at the end of the interpreter, too, the count stays above 0.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(handle))


if hasattr(os, "register_at_fork"):  # where processes are forked at all
    os.register_at_fork(after_in_child=_keep_all)
