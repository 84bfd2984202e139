"""`edge-asr serve`: an HTTP server in front of a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from edge_runtime.cli import completion, options
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.flags.grouped import grouped
from edge_runtime.cli.serving.flags import LimitFlags, ListenFlags
from edge_runtime.cli.terminal import say

if TYPE_CHECKING:
    from edge_runtime.serve.model.messages import Load

_LISTEN: Final = ListenFlags()
_LIMITS: Final = LimitFlags()


@grouped
def serve(
    model: options.Model = None,
    aligner: Annotated[
        Path | None,
        typer.Option(
            "--aligner",
            envvar="EDGE_ASR_ALIGNER",
            autocompletion=completion.bundles,
            help="Aligner's bundle directory; without one, words have no times.",
        ),
    ] = None,
    listen: ListenFlags = _LISTEN,
    limits: LimitFlags = _LIMITS,
    device: Annotated[
        str,
        typer.Option(
            "--device",
            envvar="EDGE_ASR_DEVICE",
            help="auto, cpu, cuda or cuda:1; several between commas, each with a model process of its own.",
        ),
    ] = "auto",
    threads: options.Threads = 0,
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=1, help="Recordings that are decoded together.")
    ] = 8,
    trust: options.Trust = None,
    quiet: options.Quiet = False,
) -> None:
    """Serve transcriptions over HTTP and WebSockets; docs/serve.md says how."""
    from edge_runtime.serve.model.messages import Load  # noqa: PLC0415  # of the extra `server`
    from edge_runtime.serve.options import ServeOptions  # noqa: PLC0415
    from edge_runtime.serve.server import serve as run  # noqa: PLC0415

    bundle = choose_bundle(model, "asr")
    timed = None if aligner is None else str(choose_bundle(aligner, "aligner"))

    def load(one: str) -> Load:
        return Load(
            model=str(bundle),
            aligner=timed,
            device=one.strip(),
            threads=threads,
            trust=None if trust is None else str(trust),
            batch_size=batch_size,
        )

    def announce(addresses: Sequence[str]) -> None:
        say(f"edge-asr: serving {bundle} at {', '.join(addresses)}; Ctrl-C ends.", quiet=quiet)

    run(
        ServeOptions(
            loads=tuple(map(load, device.split(","))),
            limits=limits.limits(),
            timeouts=limits.process_timeouts(),
            **listen.serve_options(),
        ),
        announce,
    )
