"""Compare edge-asr with other programs on this machine's CPU: `python -m edge_bench.peers --help`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from edge_bench.peers.catalogue import PEERS
from edge_bench.peers.harness.clips import make_clips
from edge_bench.peers.harness.harness import Harness, Request
from edge_bench.peers.peer import Settings
from edge_runtime.errors import EdgeAsrError, UsageError

_DEFAULT_WORK: Final = Path("build") / "bench-cpu"


def main(
    bundle: Annotated[list[Path], typer.Option(help="Bundle of edge-asr; give several.")],
    clip: Annotated[list[Path], typer.Option(help="Recording; give several.")],
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="The bundles' checkpoint, for the peers; once for each of its layouts."),
    ] = None,
    antirez: Annotated[Path | None, typer.Option(help="Source folder of antirez/qwen-asr.")] = None,
    peer_python: Annotated[
        Path | None, typer.Option(help="Interpreter to look for peers in, before this one.")
    ] = None,
    peer: Annotated[
        list[str] | None, typer.Option(help=f"Of {', '.join(PEERS)}; give several. [default: all]")
    ] = None,
    tokens: Annotated[int, typer.Option(min=2, help="Tokens of each text.")] = 40,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads of each program.")] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="How often every program runs at least.")] = 3,
    work: Annotated[Path, typer.Option(help="Folder for converted weights and clips.")] = _DEFAULT_WORK,
    output: Annotated[Path, typer.Option(help="Folder of the written results.")] = Path("bench/results"),
) -> None:
    """Run the same recordings through edge-asr and its peers in turn; print medians and ratios."""
    try:
        request = Request(
            settings=make_settings(checkpoint or [], antirez, threads, work),
            bundles=tuple(bundle),
            peers=select_peers(peer),
            pythons=(*([peer_python] if peer_python else []), Path(sys.executable)),
            clips=make_clips(clip, bundle[0], work),
            num_tokens=tokens,
            rounds=rounds,
        )
        comparison = Harness(request, lambda line: typer.echo(line, err=True)).run()
    except EdgeAsrError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(error.exit_code) from error
    typer.echo(comparison.markdown(), nl=False)
    output.mkdir(parents=True, exist_ok=True)
    (output / f"cpu-{comparison.date}.md").write_text(comparison.markdown(), "utf-8")
    (output / f"cpu-{comparison.date}.json").write_text(comparison.to_json(), "utf-8")


def select_peers(requested: list[str] | None) -> tuple[str, ...]:
    """Return the names of the requested peers, of all without a request.

    Raises:
        UsageError: there is no such peer.
    """
    for name in requested or ():
        if name not in PEERS:
            raise UsageError(f"No peer {name!r}; there are: {', '.join(PEERS)}.")
    return tuple(requested or PEERS)


def make_settings(checkpoints: list[Path], antirez: Path | None, threads: int, work: Path) -> Settings:
    """Return the settings of all programs; each checkpoint is sorted by its layout.

    Raises:
        UsageError: a folder holds no checkpoint.
    """
    folders = {_layout(path): path.absolute() for path in checkpoints}
    return Settings(
        threads=threads,
        work=work.absolute(),
        hf=folders.get("hf"),
        original=folders.get("original"),
        antirez=None if antirez is None else antirez.absolute(),
    )


def _layout(checkpoint: Path) -> str:
    """Return the layout of a checkpoint: the authors' nests everything in `thinker_config`."""
    try:
        config = json.loads((checkpoint / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{checkpoint}: not a checkpoint: {error}.") from error
    return "original" if "thinker_config" in config else "hf"


if __name__ == "__main__":
    typer.run(main)
