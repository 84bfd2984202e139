"""What was hashed is what is loaded, and nothing else of a bundle's folder is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.folder import Folder
from edge_runtime.bundle.manifest import MANIFEST_NAME
from edge_runtime.bundle.manifest_file import DIGEST_NAME
from edge_runtime.bundle.shipped import SHIPPED
from edge_runtime.errors import BundleError
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from tests.support.tiny_bundle import SPEECH_TEXT, tone

CLIP = Path(__file__).parents[2] / "clips" / "en-00001.flac"
FILES = ["decoder.onnx", "encoder.onnx", "tokenizer.json", "golden.npz", MANIFEST_NAME, DIGEST_NAME]


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    """A bundle whose weights are in files beside its graphs."""
    return Path(shutil.copytree(SHIPPED["mini"], tmp_path / "mini"))


def swap(folder: Path) -> None:
    """Give every name in a folder to another file, as whoever may write to the folder can."""
    for path in list(folder.iterdir()):
        other = path.with_name("other")
        other.write_bytes(bytes(path.stat().st_size))
        other.replace(path)


def text(recognizer: Recognizer) -> str:
    return recognizer.transcribe(tone(16_000), sample_rate=16_000).text


def test_files_that_are_swapped_after_the_last_byte_was_hashed_are_not_loaded(bundle: Path) -> None:
    def on_block(done: int, total: int) -> None:
        if done == total:
            swap(bundle)

    assert text(Recognizer.load(bundle, progress=on_block)) == SPEECH_TEXT


def test_files_that_are_swapped_while_they_are_hashed_are_not_loaded(bundle: Path) -> None:
    calls = 0

    def on_block(_done: int, _total: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            swap(bundle)

    assert text(Recognizer.load(bundle, progress=on_block)) == SPEECH_TEXT


def test_weights_beside_a_graph_that_are_swapped_are_not_loaded(mini: Path) -> None:
    expected = Recognizer.load(mini).transcribe(CLIP).text
    bundle = open_bundle(mini)
    swap(mini)
    assert Recognizer(bundle).transcribe(CLIP).text == expected != ""
    with pytest.raises(BundleError):
        open_bundle(mini)


def test_a_folder_that_is_renamed_and_replaced_is_loaded_as_it_was(bundle: Path, tmp_path: Path) -> None:
    opened = open_bundle(bundle)
    bundle.rename(tmp_path / "away")
    bundle.mkdir()
    recognizer = Recognizer(opened)
    # The tokenizer is read when a text first comes.
    options = TranscribeOptions(context="tiny")
    assert recognizer.transcribe(tone(16_000), sample_rate=16_000, options=options).text == SPEECH_TEXT


def test_files_are_those_of_the_folder_that_was_opened(bundle: Path, tmp_path: Path) -> None:
    folder = Folder(bundle)
    bundle.rename(tmp_path / "away")
    bundle.mkdir()
    (bundle / "decoder.onnx").write_bytes(b"another")
    expected = (tmp_path / "away" / "decoder.onnx").read_bytes()
    assert folder.open("decoder.onnx").read_bytes() == expected


@pytest.mark.parametrize("name", FILES)
def test_a_link_is_refused_even_to_the_same_bytes(bundle: Path, tmp_path: Path, name: str) -> None:
    shutil.move(bundle / name, tmp_path / "elsewhere")
    (bundle / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match="a link, and a bundle holds none"):
        open_bundle(bundle)


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_file_is_refused_and_not_waited_for(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    os.mkfifo(bundle / name)
    with pytest.raises(BundleError, match="not a regular file"):
        open_bundle(bundle)


def test_a_second_name_of_a_file_is_no_way_out(bundle: Path, tmp_path: Path) -> None:
    # uv installs packages as hard links into its cache, and builds link finished stages.
    copy = Path(shutil.copytree(bundle, tmp_path / "linked", copy_function=os.link))
    assert text(Recognizer.load(copy)) == SPEECH_TEXT


def test_weights_with_second_names_are_loaded(mini: Path, tmp_path: Path) -> None:
    # ONNX Runtime 1.32 refuses such files where a loop's body reads them.
    copy = Path(shutil.copytree(mini, tmp_path / "linked", copy_function=os.link))
    assert Recognizer.load(copy).transcribe(CLIP).text


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("notes.txt", Path.touch),
        ("decoder.onnx.data", Path.touch),
        ("encoder.onnx.kernels", Path.touch),
        (".hidden", Path.touch),
        ("folder", Path.mkdir),
        ("link", lambda path: path.symlink_to("decoder.onnx")),
    ],
)
def test_what_the_manifest_does_not_list_is_refused_by_name(
    bundle: Path, name: str, make: Callable[[Path], None]
) -> None:
    make(bundle / name)
    with pytest.raises(BundleError, match=rf"{name}: not part of the bundle"):
        open_bundle(bundle)


@pytest.mark.parametrize("name", ["verdict.json", "verdict.partial"])
def test_what_the_runtime_writes_itself_may_be_there(bundle: Path, name: str) -> None:
    (bundle / name).touch()
    open_bundle(bundle)


@pytest.mark.parametrize("name", ["", *FILES])
def test_what_everybody_may_write_is_refused_with_the_command_that_ends_it(bundle: Path, name: str) -> None:
    path = bundle / name
    path.chmod(path.stat().st_mode | 0o002)
    with pytest.raises(BundleError, match=rf"everybody may write .*`chmod o-w {path}`"):
        open_bundle(bundle)
    path.chmod(path.stat().st_mode & ~0o002 | 0o020)
    open_bundle(bundle)


def test_the_bundle_in_the_package_has_the_permissions_and_links_of_the_package(
    mini: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mini / "tokenizer.json").rename(mini.parent / "cached.json")
    (mini / "tokenizer.json").symlink_to(mini.parent / "cached.json")
    mini.chmod(0o777)
    with pytest.raises(BundleError):
        open_bundle(mini)
    monkeypatch.setattr("edge_runtime.bundle.folder.SHIPPED", {"mini": mini})
    open_bundle(mini)


def test_a_file_is_opened_once(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = os.open

    def counting(path: object, *arguments: object, **options: object) -> int:
        opened.append(Path(str(path)).name)
        return real(path, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", counting)
    text(Recognizer.load(bundle))
    assert sorted(name for name in opened if name in FILES) == sorted(FILES)
