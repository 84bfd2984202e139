"""Each kind of bundle is refused where the other is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.errors import BundleError
from edge_runtime.recognition.recognizer import Recognizer
from tests.support import tiny_aligner
from tests.support.manifests import make_manifest


def test_an_aligner_does_not_transcribe(tiny_aligner_bundle: Path) -> None:
    with pytest.raises(BundleError, match=r"forced aligner.*edge-asr align"):
        Recognizer.load(tiny_aligner_bundle)


def test_a_recognizer_does_not_align(tiny_bundle: Path) -> None:
    with pytest.raises(BundleError, match=r"no forced aligner.*build-engines aligner"):
        Aligner.load(tiny_bundle)


def test_a_manifest_without_the_parts_of_its_kind_is_refused() -> None:
    with pytest.raises(BundleError, match="no prompt or no decoder"):
        make_manifest(prompt=None).require_asr()
    with pytest.raises(BundleError, match="no aligner"):
        make_manifest(kind="aligner").require_aligner()


def test_the_parts_are_handed_out_by_kind() -> None:
    manifest = make_manifest()
    assert manifest.require_asr() == (manifest.prompt, manifest.decoder)
    spec = tiny_aligner.aligner_spec()
    assert make_manifest(kind="aligner", aligner=spec).require_aligner() == spec
