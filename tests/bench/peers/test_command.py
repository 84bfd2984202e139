"""Which checkpoints and peers the command takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_bench.peers.__main__ import make_settings, select_peers
from edge_bench.peers.catalogue import PEERS
from edge_runtime.errors import UsageError
from tests.conftest import MINI_CHECKPOINT


def test_checkpoints_are_told_apart_by_their_layout(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"thinker_config": {}}')
    settings = make_settings([MINI_CHECKPOINT, tmp_path], None, 2, tmp_path)
    assert (settings.hf, settings.original) == (MINI_CHECKPOINT, tmp_path)
    with pytest.raises(UsageError, match="not a checkpoint"):
        make_settings([tmp_path / "nowhere"], None, 2, tmp_path)


def test_unknown_peers_are_refused() -> None:
    assert select_peers(None) == tuple(PEERS)
    with pytest.raises(UsageError, match="there are: antirez, llama"):
        select_peers(["whisper"])
