"""The command that compares programs refuses what cannot be compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from edge_bench.peers import __main__ as command
from edge_bench.peers.catalogue import PEERS
from edge_bench.peers.harness.harness import Request
from edge_runtime.errors import CheckFailedError, UsageError
from tests.bench.support.peers import CLIP
from tests.conftest import MINI_CHECKPOINT


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What the command would have compared."""
    seen: list[Request] = []

    class Refusing:
        def __init__(self, request: Request, *_: object) -> None:
            seen.append(request)

        def run(self) -> None:
            raise CheckFailedError("as planted")

    monkeypatch.setattr(command, "Harness", Refusing)
    monkeypatch.setattr(command, "make_clips", lambda *_: (CLIP,))
    return seen


def run_command(**options: Any) -> int:
    """Return the exit code of a comparison that does not come to its end."""
    with pytest.raises(typer.Exit) as caught:
        command.main([Path("m.int8")], [Path("talk.wav")], **options)
    return caught.value.exit_code


def test_checkpoints_are_told_apart_by_their_layout(requests: list[Request], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"thinker_config": {}}')
    assert run_command(checkpoint=[MINI_CHECKPOINT, tmp_path]) == CheckFailedError.exit_code
    (request,) = requests
    assert (request.settings.hf, request.settings.original) == (MINI_CHECKPOINT, tmp_path)
    assert request.peers == tuple(PEERS), "all, where none is named"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"checkpoint": [Path("nowhere")]}, "nowhere: not a checkpoint"),
        ({"peer": ["whisper"]}, "No peer 'whisper'; there are: antirez, llama"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    requests: list[Request], capsys: pytest.CaptureFixture[str], options: dict[str, Any], message: str
) -> None:
    assert run_command(**options) == UsageError.exit_code
    assert not requests
    assert message in capsys.readouterr().err
