"""The manifest's bytes, strict to read and stable to write, and its two kinds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.bundle import manifest as manifest_format
from edge_runtime.bundle.manifest import SCHEMA, FileEntry, Language, Manifest
from edge_runtime.errors import BundleError, ManifestError
from edge_runtime.recognition.recognizer import Recognizer
from tests.support import tiny_aligner
from tests.support.manifests import LIMITS, decoder_spec, make_manifest

SOURCE = Path("bundle/manifest.json")
TREE = json.loads(manifest_format.encode(make_manifest()))

VALIDATOR = jsonschema.Draft202012Validator(manifest_format.json_schema())

labels = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200)
names = labels.filter(lambda name: not set(name) & {"/", "\\"})
ids = st.lists(st.integers(0, 2**24 - 1)).map(tuple)
languages = st.lists(st.builds(Language, name=labels, code=labels, force_ids=ids)).map(tuple)
file_names = st.from_regex(r"[A-Za-z0-9_+-][A-Za-z0-9_.+-]{0,199}", fullmatch=True)
hashes = st.from_regex("[0-9a-f]{64}", fullmatch=True)
files = st.dictionaries(file_names, st.builds(FileEntry, bytes=st.integers(0, 2**44), sha256=hashes))
manifests = st.builds(
    make_manifest,
    name=names,
    kind=st.sampled_from(["asr", "aligner"]),
    languages=languages,
    files=files,
    decoder=st.builds(decoder_spec, st.integers(1, 2**20), st.none() | st.integers(1, 2**20)),
    limits=st.builds(
        lambda seconds: msgspec.structs.replace(LIMITS, max_audio_s=seconds),
        st.floats(0, 604_800, exclude_min=True),
    ),
)


def paths(tree: Any, *prefix: str | int) -> list[tuple[str | int, ...]]:
    """Return the path of every value in a JSON tree."""
    if not isinstance(tree, (dict, list)):
        return [prefix]
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return [prefix] * bool(prefix) + [path for key, value in items for path in paths(value, *prefix, key)]


def changed(path: tuple[str | int, ...], value: object) -> bytes:
    """Return the manifest's JSON with one value replaced."""
    tree = json.loads(json.dumps(TREE))
    holder = tree
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return json.dumps(tree).encode()


@given(manifests)
def test_what_is_written_is_read_back(manifest: Manifest) -> None:
    data = manifest_format.encode(manifest)
    assert manifest_format.decode(data, SOURCE) == manifest
    assert manifest_format.encode(manifest_format.decode(data, SOURCE)) == data


@given(manifests)
def test_every_manifest_fits_the_published_schema(manifest: Manifest) -> None:
    VALIDATOR.validate(json.loads(manifest_format.encode(manifest)))


def test_the_order_of_keys_does_not_change_the_bytes() -> None:
    forwards = make_manifest(files={name: FileEntry(bytes=1, sha256="") for name in "abc"})
    backwards = make_manifest(files={name: FileEntry(bytes=1, sha256="") for name in "cba"})
    assert manifest_format.encode(forwards) == manifest_format.encode(backwards)
    assert manifest_format.encode(forwards).endswith(b"}\n")


@pytest.mark.parametrize("path", paths(TREE), ids=lambda path: ".".join(map(str, path)))
def test_a_value_of_another_type_is_refused_wherever_it_stands(path: tuple[str | int, ...]) -> None:
    with pytest.raises(ManifestError, match=r"bundle/manifest\.json: .*Rebuild the bundle"):
        manifest_format.decode(changed(path, [{"unexpected": True}]), SOURCE)


@pytest.mark.parametrize("path", [path for path in paths(TREE) if isinstance(path[-1], str)], ids=str)
def test_a_field_that_is_missing_or_misspelled_is_refused(path: tuple[str | int, ...]) -> None:
    tree = json.loads(json.dumps(TREE))
    holder = tree
    for key in path[:-1]:
        holder = holder[key]
    is_free = len(path) > 1 and path[-2] in ("components", "files", "checkpoint_files", "tools")
    holder[f"{path[-1]}_"] = holder.pop(path[-1])
    if is_free:  # the keys of a table are names that the exporter chose
        manifest_format.decode(json.dumps(tree).encode(), SOURCE)
        return
    with pytest.raises(ManifestError):
        manifest_format.decode(json.dumps(tree).encode(), SOURCE)


@pytest.mark.parametrize("parent", [(), ("features",), ("prompt",), ("limits",), ("components", "decoder")])
def test_an_unknown_field_is_refused_by_name(parent: tuple[str, ...]) -> None:
    with pytest.raises(ManifestError, match="surprise"):
        manifest_format.decode(changed((*parent, "surprise"), 1), SOURCE)


@pytest.mark.parametrize("version", ["edge-asr/bundle@3", "edge-asr/bundle@1", "other/format@1", ""])
def test_another_version_is_refused_with_both_versions_named(version: str) -> None:
    with pytest.raises(ManifestError) as caught:
        manifest_format.decode(changed(("schema",), version), SOURCE)
    assert repr(version) in str(caught.value)
    assert repr(SCHEMA) in str(caught.value)


def test_a_newer_version_is_named_even_where_nothing_else_is_understood() -> None:
    with pytest.raises(ManifestError, match="bundle@9"):
        manifest_format.decode(b'{"schema": "edge-asr/bundle@9", "future": [1, 2]}', SOURCE)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"schema": 1}', b"{}", b"plain text"]
)
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(ManifestError, match="not a bundle manifest"):
        manifest_format.decode(data, SOURCE)


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
