"""No byte of a bundle is used before all of them are known to be as built."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from edge_runtime.bundle.bundle import open_bundle, read_manifest, verify_files
from edge_runtime.bundle.folder import Folder
from edge_runtime.bundle.manifest import MANIFEST_NAME, FileEntry, encode
from edge_runtime.bundle.manifest_file import DIGEST_NAME, MAX_BYTES, MAX_DEPTH, digest_line, require_shallow
from edge_runtime.digest import sha256_of
from edge_runtime.errors import BundleError, ChecksumError, ManifestError
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.verification.selftest import SelfTest
from tests.support.manifests import make_manifest

LISTED = ["decoder.onnx", "encoder.onnx", "golden.npz", "tokenizer.json"]
FLIPS = [0x01, 0x07, 0x20, 0x80, 0xFF]
"""7 turns a line feed into a carriage return, 0x20 changes the case of a letter."""


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A bundle to damage."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))


@pytest.fixture
def no_graph_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the back end fail the test that reaches it."""
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda *_, **__: pytest.fail("a graph was opened"))


def places(size: int) -> list[int]:
    """Return places in a file: all of a small one, else both ends and some between."""
    if size <= 100:
        return list(range(size))
    inner = np.random.default_rng(0).choice(size, 150, replace=False)
    return sorted({*range(40), *range(size - 40, size), *map(int, inner)})


def is_refused(directory: Path) -> bool:
    try:
        open_bundle(directory)
    except (ChecksumError, ManifestError):
        return True
    return False


def write_bundle(directory: Path, files: dict[str, FileEntry]) -> Path:
    """Write a manifest, with its right hash, that lists `files`."""
    directory.mkdir(exist_ok=True)
    data = encode(make_manifest(files=files))
    (directory / MANIFEST_NAME).write_bytes(data)
    (directory / DIGEST_NAME).write_text(digest_line(hashlib.sha256(data).hexdigest()))
    return directory


def test_a_whole_bundle_opens_with_its_files_and_parts(tiny_bundle: Path) -> None:
    bundle = open_bundle(tiny_bundle)
    assert sorted(bundle.manifest.files) == LISTED
    assert bundle.path("decoder.onnx") == tiny_bundle / "decoder.onnx"
    assert bundle.component("decoder").graph == "decoder.onnx"
    assert bundle.manifest_sha256 == sha256_of(tiny_bundle / MANIFEST_NAME)


@pytest.mark.parametrize("name", [*LISTED, MANIFEST_NAME, DIGEST_NAME])
def test_a_changed_byte_is_refused_wherever_it_lies(bundle: Path, name: str) -> None:
    path = bundle / name
    data = path.read_bytes()
    for number, place in enumerate(places(len(data))):
        for flip in FLIPS if len(data) <= 100 else [FLIPS[number % len(FLIPS)]]:
            damaged = bytearray(data)
            damaged[place] ^= flip
            path.write_bytes(damaged)
            assert is_refused(bundle), f"byte {place} ^ {flip:#x} went unnoticed"
    path.write_bytes(data)
    open_bundle(bundle)


@pytest.mark.parametrize("name", [*LISTED, MANIFEST_NAME, DIGEST_NAME])
@pytest.mark.usefixtures("no_graph_is_opened")
def test_a_damaged_bundle_is_refused_before_any_graph_is_opened(bundle: Path, name: str) -> None:
    data = bytearray((bundle / name).read_bytes())
    data[-3] ^= 1
    (bundle / name).write_bytes(data)
    with pytest.raises(BundleError):
        Recognizer.load(bundle)
    with pytest.raises(BundleError):
        SelfTest(open_bundle(bundle))


@pytest.mark.parametrize("name", [*LISTED, MANIFEST_NAME, DIGEST_NAME])
@pytest.mark.parametrize("change", [b"", b"x"], ids=["shorter", "longer"])
def test_a_file_of_another_size_is_refused(bundle: Path, name: str, change: bytes) -> None:
    data = (bundle / name).read_bytes()
    (bundle / name).write_bytes(data + change if change else data[:-1])
    with pytest.raises((ChecksumError, ManifestError)):
        open_bundle(bundle)


@pytest.mark.parametrize("name", LISTED)
def test_a_file_of_another_size_is_refused_before_any_is_read(bundle: Path, name: str) -> None:
    with (bundle / name).open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(ChecksumError, match=rf"{name}: \d+ bytes, \d+ when built"):
        open_bundle(bundle, lambda *_: pytest.fail("a file was read"))


@pytest.mark.parametrize("place", [0, 8, 32, 63])
def test_every_digit_of_a_hash_counts(bundle: Path, place: int) -> None:
    files = read_manifest(bundle).manifest.files
    digits = list(files["decoder.onnx"].sha256)
    digits[place] = "0" if digits[place] != "0" else "1"
    data = (bundle / MANIFEST_NAME).read_bytes()
    data = data.replace(files["decoder.onnx"].sha256.encode(), "".join(digits).encode())
    (bundle / MANIFEST_NAME).write_bytes(data)
    (bundle / DIGEST_NAME).write_text(digest_line(hashlib.sha256(data).hexdigest()))
    with pytest.raises(ChecksumError, match=r"decoder\.onnx: changed since it was built"):
        open_bundle(bundle)


@pytest.mark.parametrize("name", LISTED)
def test_a_missing_file_is_named(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    with pytest.raises(BundleError, match=f"{name}: missing from the bundle"):
        open_bundle(bundle)


def test_a_missing_hash_of_the_manifest_is_refused(bundle: Path) -> None:
    (bundle / DIGEST_NAME).unlink()
    with pytest.raises(ChecksumError, match="cannot be read"):
        open_bundle(bundle)


def test_a_manifest_that_is_too_long_is_refused_as_such(bundle: Path) -> None:
    with (bundle / MANIFEST_NAME).open("ab") as stream:
        stream.write(b" " * MAX_BYTES)
    with pytest.raises(ManifestError, match=f"longer than {MAX_BYTES} bytes"):
        read_manifest(bundle)


@pytest.mark.parametrize("level", [b"[", b'{"x":'])
def test_lists_and_objects_are_nested_so_deep_and_no_deeper(level: bytes) -> None:
    require_shallow(MAX_DEPTH * level + b'"' + 99 * level.replace(b'"', b"") + b'"', Path("x"))
    with pytest.raises(ManifestError, match=f"x: nested deeper than {MAX_DEPTH} levels"):
        require_shallow((MAX_DEPTH + 1) * level, Path("x"))


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda _: None], ids=["empty", "file", "nothing"])
def test_where_there_is_no_bundle_the_user_is_told_how_to_build_one(tmp_path: Path, make: object) -> None:
    path = tmp_path / "engines"
    make(path)  # type: ignore[operator]
    with pytest.raises(BundleError, match=r"no bundle here .*`edge-asr build-engines`"):
        open_bundle(path)


@pytest.mark.parametrize(
    "name", ["../secret", "sub/secret", "/etc/hostname", "..", ".", "", "a\x00b", "sub/../x"]
)
def test_a_name_that_leads_out_of_the_bundle_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "bundle" / "sub").mkdir(parents=True)
    (tmp_path / "bundle" / "sub" / "secret").write_bytes(b"x")
    entry = FileEntry(bytes=1, sha256=hashlib.sha256(b"x").hexdigest())
    with pytest.raises(BundleError):
        open_bundle(write_bundle(tmp_path / "bundle", {name: entry}))


@pytest.mark.parametrize("name", ["../secret", "sub/secret", "/etc/hostname", "", "sub/../x"])
def test_such_a_name_is_refused_even_where_a_manifest_has_it(bundle: Path, name: str) -> None:
    with pytest.raises(BundleError, match=re.escape(f"file name {name!r} leads out of the bundle")):
        verify_files(Folder(bundle), {name: FileEntry(bytes=1, sha256="0" * 64)})


def test_a_link_is_refused_even_to_the_right_bytes(bundle: Path, tmp_path: Path) -> None:
    shutil.move(bundle / "decoder.onnx", tmp_path / "elsewhere")
    (bundle / "decoder.onnx").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match=r"decoder\.onnx: a link, and a bundle holds none"):
        open_bundle(bundle)


def test_a_file_that_the_manifest_does_not_list_has_no_path(tiny_bundle: Path) -> None:
    bundle = open_bundle(tiny_bundle)
    with pytest.raises(BundleError, match="lists no file 'extra'"):
        bundle.path("extra")
    with pytest.raises(BundleError, match="no component 'aligner'; this bundle has decoder, encoder"):
        bundle.component("aligner")


def test_progress_counts_every_byte_once(tiny_bundle: Path) -> None:
    seen: list[tuple[int, int]] = []
    bundle = open_bundle(tiny_bundle, lambda done, total: seen.append((done, total)))
    total = sum(entry.bytes for entry in bundle.manifest.files.values())
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_reading_the_manifest_opens_no_other_file(bundle: Path) -> None:
    for name in LISTED:
        (bundle / name).unlink()
    assert read_manifest(bundle).manifest.name == "tiny"
