"""Values of a manifest that contradict each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_runtime.bundle.bounds import TOKENIZER_NAME, require_complete, require_sound
from edge_runtime.bundle.manifest import FileEntry, Manifest
from edge_runtime.bundle.specs import Component, DimRange, EngineProfile
from edge_runtime.errors import ManifestError
from tests.export.compile.portable import record
from tests.support.manifests import DECODER_COMPONENT, decoder_spec, make_manifest

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


def with_tokenizer(**changes: Any) -> Manifest:
    """Return a whole manifest with changes to its parts, as in `limits__max_audio_s`."""
    manifest = make_manifest(files={**FILES, TOKENIZER_NAME: FILES["encoder.onnx"]})
    for name, value in changes.items():
        part, _, field = name.partition("__")
        old = getattr(manifest, part)
        new = msgspec.structs.replace(old, **{field: value}) if field else value
        manifest = msgspec.structs.replace(manifest, **{part: new})
    return manifest


def with_engine(low: int, tuned: int, high: int) -> dict[str, Component]:
    """Return components whose decoder is an engine with one profile."""
    profile = EngineProfile(name="step", dims={"batch": DimRange(min=low, opt=tuned, max=high)})
    engine = msgspec.structs.replace(record("modern"), profiles=(profile,))
    return {
        **make_manifest().components,
        "decoder": msgspec.structs.replace(DECODER_COMPONENT, engine=engine),
    }


UNSOUND = {
    "fmin 8000.0, fmax 8000.0 at 16000 Hz": {"features__fmin": 8000.0},
    "fmin 0.0, fmax 8001.0 at 16000 Hz": {"features__fmax": 8001.0},
    "n_fft 400, hop_length 401, min_samples 8000": {"features__hop_length": 401},
    "n_fft 400, hop_length 160, min_samples 399": {"features__min_samples": 399},
    "window_frames 850, chunk_frames 100, chunk_tokens 13": {"encoder__window_frames": 850},
    "window_frames 800, chunk_frames 100, chunk_tokens 101": {"encoder__chunk_tokens": 101},
    "encoder_batch 10486 of 800 frames": {"limits__encoder_batch": 10_486},
    "num_heads 3, num_kv_heads 2": {"decoder__num_heads": 3, "decoder__num_kv_heads": 2},
    "4194305 layers of 1 x 1 keys": {"decoder__num_layers": (1 << 22) + 1},
    "mel_windows of the encoder has size 128, and 80 comes from the stage before": {"features__n_mels": 80},
    "audio_embeds of the decoder has size 4, and 5 comes": {"encoder__output_size": 5},
    "batch of profile 'step' is 2, 1, 2": {"components": with_engine(2, 1, 2)},
    "batch of profile 'step' is 1, 3, 2": {"components": with_engine(1, 3, 2)},
}
"""What the error says → the change."""

INCOMPLETE = {
    "components encoder; kind 'asr' has others": {
        "components": {"encoder": make_manifest().components["encoder"]}
    },
    "kind 'asr' has other parts of decoder, prompt and aligner": {"prompt": None},
    "prefill_chunk and max_new_tokens are at least 1": {"limits__max_new_tokens": 0},
    "'tokenizer.json' is not among its files": {"files": FILES},
    "components decoder, encoder; kind 'aligner' has others": {"kind": "aligner"},
}


@pytest.mark.parametrize("message", UNSOUND)
def test_values_that_contradict_each_other_are_named(message: str) -> None:
    with pytest.raises(ManifestError, match=rf"^x: not a valid manifest: {message}.*Rebuild the bundle\.$"):
        require_sound(with_tokenizer(**UNSOUND[message]), Path("x"))


@pytest.mark.parametrize("message", INCOMPLETE)
def test_a_bundle_has_what_its_kind_has(message: str) -> None:
    manifest = with_tokenizer(**INCOMPLETE[message])
    require_sound(manifest, Path("x"))
    with pytest.raises(ManifestError, match=f"^x: not a valid manifest: {message}. Rebuild"):
        require_complete(manifest, Path("x"))


def test_the_largest_values_that_fit_are_taken() -> None:
    largest = {"features__min_samples": 400, "features__hop_length": 400, "encoder__chunk_tokens": 100}
    cache = {"limits__encoder_batch": 10_485, "decoder__num_layers": 1 << 22}
    require_complete(with_tokenizer(**largest, **cache, components=with_engine(1, 1, 1)), Path("x"))
