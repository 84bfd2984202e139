"""Values of a manifest that contradict each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_runtime.bundle.bounds import require_sound
from edge_runtime.bundle.manifest import FileEntry
from edge_runtime.errors import ManifestError
from tests.support.manifests import decoder_spec, make_manifest

HIGHEST_ID = 16
"""Of all that are fed to the decoder: the name of a language that is forced."""
FILES = {name: FileEntry(bytes=1, sha256="0" * 64) for name in ("encoder.onnx", "decoder.onnx")}


def test_the_decoder_has_a_row_for_each_id_that_is_fed_to_it() -> None:
    enough, too_few = (decoder_spec(vocab_size=size) for size in (HIGHEST_ID + 1, HIGHEST_ID))
    require_sound(make_manifest(files=FILES, decoder=enough), Path("x"))
    with pytest.raises(ManifestError, match="token 16 of a prompt; the vocabulary has 16"):
        require_sound(make_manifest(files=FILES, decoder=too_few), Path("x"))


@pytest.mark.parametrize("name", FILES)
def test_each_graph_is_among_the_files(name: str) -> None:
    files = {other: entry for other, entry in FILES.items() if other != name}
    with pytest.raises(ManifestError, match=f"'{name}' is not among its files"):
        require_sound(make_manifest(files=files), Path("x"))
