"""Open what a stream is heard from and shown on."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

from edge_runtime.cli.flags.live import MICROPHONE, LiveFlags
from edge_runtime.cli.live.microphone import open_microphone
from edge_runtime.cli.live.outputs import OUTPUTS, Output, TimedSrtOutput
from edge_runtime.cli.live.recorded import open_file, open_pipe, standard_input
from edge_runtime.cli.live.source import LiveSource
from edge_runtime.cli.live.view import view_beside_results, view_of_results
from edge_runtime.cli.options import STDIN
from edge_runtime.cli.process.status_line import at_bottom
from edge_runtime.cli.terminal import say


def open_source(flags: LiveFlags) -> AbstractContextManager[LiveSource]:
    """Open the source that flags name; raises as `open_file`, `open_pipe` and `open_microphone` do."""
    remark = partial(_remark, flags.source, flags.quiet)
    if flags.source == MICROPHONE:
        return open_microphone(flags.input_device, remark)
    if flags.source == STDIN:
        return open_pipe(standard_input(), STDIN, flags.raw_format(), remark)
    path = Path(flags.source)
    if path.exists() and stat.S_ISFIFO(path.stat().st_mode):
        return _named_pipe(path, flags)
    return open_file(path)


@contextmanager
def open_outputs(emit: str, *, timed: bool, quiet: bool) -> Iterator[list[Output]]:
    """Give where events go: stdout, and a view for a person at a terminal.

    Args:
        emit: what goes to stdout.
        timed: the stream gives the times of words.
        quiet: no view beside the results.
    """
    with ExitStack() as shown:
        of_results = view_of_results() if emit == "text" else None
        view = of_results or (None if quiet else view_beside_results())
        if view is not None:
            shown.enter_context(at_bottom(view))
        results = of_results or (TimedSrtOutput() if timed and emit == "srt" else OUTPUTS[emit]())
        yield [results] if view in (None, of_results) else [results, view]


@contextmanager
def _named_pipe(path: Path, flags: LiveFlags) -> Iterator[LiveSource]:
    remark = partial(_remark, flags.source, flags.quiet)
    with path.open("rb", buffering=0) as file, open_pipe(file, str(path), None, remark) as source:
        yield source


def _remark(name: str, quiet: bool, sentence: str) -> None:
    say(f"edge-asr: warning: {name}: {sentence}", quiet=quiet)
