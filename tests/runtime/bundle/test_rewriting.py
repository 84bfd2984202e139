"""A bundle whose manifest is replaced is whole before and after, and is another one for who trusts keys."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from edge_runtime.bundle.bundle import open_bundle, read_manifest
from edge_runtime.bundle.manifest import MANIFEST_NAME, Manifest, decode
from edge_runtime.bundle.rewriting import rewrite_manifest
from edge_runtime.bundle.specs import ConfidenceSpec
from edge_runtime.bundle.trust import SIGNATURE_NAME
from edge_runtime.errors import ChecksumError, ManifestError

SURE = ConfidenceSpec(doubtful_logprob=-0.02, low_logprob=-0.03)


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))


def surer(manifest: Manifest) -> Manifest:
    return msgspec.structs.replace(manifest, confidence=SURE)


def test_the_new_manifest_is_verified_as_the_old_one_was(bundle: Path) -> None:
    before = open_bundle(bundle)
    assert not rewrite_manifest(bundle, surer)
    after = open_bundle(bundle)
    assert after.manifest == surer(before.manifest)
    assert after.manifest_sha256 != before.manifest_sha256
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]
    assert before.file("tokenizer.json").stream().read(), "who has opened the bundle goes on with it"


def test_a_link_to_a_bundle_stays_a_link(bundle: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(bundle)
    rewrite_manifest(link, surer)
    assert link.is_symlink()
    assert read_manifest(link).manifest.confidence == SURE


def test_an_old_signature_is_taken_away(bundle: Path) -> None:
    (bundle / SIGNATURE_NAME).write_bytes(b"of the old manifest")
    assert rewrite_manifest(bundle, surer)
    assert not (bundle / SIGNATURE_NAME).exists()


def test_what_contradicts_itself_or_was_damaged_stays_as_it_is(bundle: Path) -> None:
    before = (bundle / MANIFEST_NAME).read_bytes()
    wrong = ConfidenceSpec(doubtful_logprob=-0.1, low_logprob=-0.05)
    with pytest.raises(ManifestError, match=r"low_logprob -0\.05 above doubtful_logprob -0\.1"):
        rewrite_manifest(bundle, lambda manifest: msgspec.structs.replace(manifest, confidence=wrong))
    (bundle / "tokenizer.json").write_bytes(b"x" * (bundle / "tokenizer.json").stat().st_size)
    with pytest.raises(ChecksumError):
        rewrite_manifest(bundle, surer)
    assert (bundle / MANIFEST_NAME).read_bytes() == before


def test_a_manifest_from_before_there_were_figures_is_read(bundle: Path) -> None:
    fields = msgspec.json.decode((bundle / MANIFEST_NAME).read_bytes())
    for name in ("confidence", "commit"):
        assert fields.pop(name) is None
    manifest = decode(msgspec.json.encode(fields), bundle)
    assert (manifest.confidence, manifest.commit) == (None, None)
