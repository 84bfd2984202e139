"""A portable bundle: every precision is verified, and nothing that is not listed lies in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import msgspec
import pytest

from edge_runtime.bundle.manifest import MANIFEST_NAME
from edge_runtime.bundle.portable import PortableManifest, json_schema, open_portable, read_portable
from edge_runtime.bundle.signing import make_keys, sign_bundle
from edge_runtime.bundle.trust import SIGNATURE_NAME, read_trust
from edge_runtime.errors import BundleError, ChecksumError, EdgeAsrError, ManifestError, SignatureError
from tests.export.compile.portable import add_precision, write_manifest, write_portable


@pytest.fixture
def portable(tmp_path: Path) -> Path:
    folder = write_portable(tmp_path / "portable")
    add_precision(folder, "int4")
    return folder


def portable_manifest(folder: Path) -> PortableManifest:
    return msgspec.json.decode((folder / MANIFEST_NAME).read_bytes(), type=PortableManifest)


def test_precisions_come_in_their_order_and_know_where_their_files_lie(portable: Path) -> None:
    opened = open_portable(portable)
    assert [each.precision for each in opened.candidates] == ["int8", "int4"]
    (other,) = opened.alternatives
    assert opened.path("decoder.onnx") == portable / "decoder.onnx"
    assert other.path("decoder.onnx") == portable / "int4" / "decoder.onnx"
    assert other.path("tokenizer.json") == portable / "tokenizer.json"
    assert read_portable(portable).candidates[1].graphs.manifest == other.graphs.manifest


def test_progress_counts_the_files_of_each_precision(portable: Path) -> None:
    steps: list[tuple[int, int]] = []
    open_portable(portable, lambda done, total: steps.append((done, total)))
    (own,) = portable_manifest(portable).alternatives
    in_all = sum(entry.bytes for entry in portable_manifest(portable).bundle.files.values())
    of_other = sum(own.bundle.files[name].bytes for name in own.own)
    finished = [total for done, total in steps if done == total]
    assert finished == [in_all, of_other]


def test_its_manifest_is_as_the_schema_says(portable: Path) -> None:
    jsonschema.validate(json.loads((portable / MANIFEST_NAME).read_bytes()), json_schema())


def share_what_differs(folder: Path) -> None:
    """Let the second precision state another hash of a file that it shares with the first."""
    document = portable_manifest(folder)
    (other,) = document.alternatives
    entry = msgspec.structs.replace(other.bundle.files["tokenizer.json"], sha256="f" * 64)
    bundle = msgspec.structs.replace(other.bundle, files={**other.bundle.files, "tokenizer.json": entry})
    changed = (msgspec.structs.replace(other, bundle=bundle),)
    write_manifest(folder, msgspec.structs.replace(document, alternatives=changed))


def own_what_is_not_listed(folder: Path) -> None:
    document = portable_manifest(folder)
    (other,) = document.alternatives
    changed = (msgspec.structs.replace(other, own=(*other.own, "absent.onnx")),)
    write_manifest(folder, msgspec.structs.replace(document, alternatives=changed))


def link_the_folder(folder: Path) -> None:
    (folder / "int4").rename(folder.parent / "elsewhere")
    (folder / "int4").symlink_to(folder.parent / "elsewhere")


DAMAGES: dict[str, tuple[Callable[[Path], object], type[EdgeAsrError]]] = {
    "the manifest shares files that differ": (share_what_differs, ManifestError),
    "the manifest shares files that differ. Build": (own_what_is_not_listed, ManifestError),
    "int4: a link, and a bundle holds none": (link_the_folder, BundleError),
    "int4/surprise: not part of the bundle": (
        lambda folder: (folder / "int4" / "surprise").touch(),
        BundleError,
    ),
    "portable/surprise: not part of the bundle": (lambda folder: (folder / "surprise").touch(), BundleError),
    "int4/decoder.onnx: changed since it was built": (
        lambda folder: (folder / "int4" / "decoder.onnx").write_bytes(b"INT4 of decoder"),
        ChecksumError,
    ),
}
"""What the error says → the damage, and the error."""


@pytest.mark.parametrize("message", DAMAGES)
def test_what_is_not_as_it_was_built_is_refused_by_name(portable: Path, message: str) -> None:
    damage, kind = DAMAGES[message]
    damage(portable)
    with pytest.raises(kind, match=re.escape(message)):
        open_portable(portable)


def test_a_bundle_that_runs_already_is_not_compiled(tiny_bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"needs no compiling, or no portable bundle.*build-engines"):
        open_portable(tiny_bundle)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BundleError, match=r"empty: no portable bundle\."):
        open_portable(tmp_path / "empty")


def test_a_manifest_with_unknown_or_contradicting_values_is_refused(portable: Path) -> None:
    document = portable_manifest(portable)
    features = msgspec.structs.replace(document.bundle.features, hop_length=1000)
    unsound = msgspec.structs.replace(document.bundle, features=features)
    write_manifest(portable, msgspec.structs.replace(document, bundle=unsound))
    with pytest.raises(ManifestError, match="hop_length 1000"):
        read_portable(portable)
    recipe = msgspec.structs.replace(document.compile, recipe=1)
    write_manifest(portable, msgspec.structs.replace(document, compile=recipe))
    with pytest.raises(ManifestError, match=r"not a valid manifest: Expected `str`.*Build the bundle again"):
        read_portable(portable)


def test_it_is_signed_as_other_bundles_are(portable: Path, tmp_path: Path) -> None:
    pytest.importorskip("cryptography", reason="cryptography is not installed: pip install 'edge-asr[trust]'")
    private, public = make_keys(tmp_path / "maker")
    sign_bundle(portable, private)
    assert open_portable(portable, trust=read_trust(public)).precision == "int8"
    (portable / SIGNATURE_NAME).write_bytes(bytes(64))
    with pytest.raises(SignatureError):
        open_portable(portable, trust=read_trust(public))
