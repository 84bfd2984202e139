"""Who trusts a key runs bundles that it has signed, as it signed them, and no others."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from errno import ENOSPC
from os import strerror
from pathlib import Path

import onnxruntime
import pytest

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.bundle import signing
from edge_runtime.bundle.bundle import Bundle, open_bundle, read_manifest
from edge_runtime.bundle.manifest import MANIFEST_NAME
from edge_runtime.bundle.signing import make_keys, sign_bundle
from edge_runtime.bundle.trust import SIGNATURE_NAME, TRUST_VARIABLE, cryptography, read_trust
from edge_runtime.errors import (
    BackendUnavailableError,
    BundleError,
    ChecksumError,
    ExitCode,
    SignatureError,
    UsageError,
)
from edge_runtime.recognition.recognizer import Recognizer
from tests.support.bundle_fuzz import write_manifest
from tests.support.command import Command
from tests.support.tiny_bundle import SPEECH_TEXT, seal, tone

pytest.importorskip("cryptography", reason="cryptography is not installed: pip install 'edge-asr[trust]'")


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    return make_keys(tmp_path / "maker")


@pytest.fixture
def signed(tiny_bundle: Path, tmp_path: Path, keys: tuple[Path, Path]) -> Path:
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    sign_bundle(bundle, keys[0])
    return bundle


def change_and_hash(bundle: Path) -> None:
    """Do as somebody who can write to the folder: change a file, list it, and hash the manifest."""
    path = bundle / "tokenizer.json"
    path.write_bytes(path.read_bytes() + b" ")
    seal(bundle, read_manifest(bundle).manifest)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "unsigned": lambda bundle: (bundle / SIGNATURE_NAME).unlink(),
    "empty": lambda bundle: (bundle / SIGNATURE_NAME).write_bytes(b""),
    "zeros": lambda bundle: (bundle / SIGNATURE_NAME).write_bytes(bytes(64)),
    "longer": lambda bundle: (bundle / SIGNATURE_NAME).write_bytes(
        (bundle / SIGNATURE_NAME).read_bytes() + b"x"
    ),
    "changed and hashed again": change_and_hash,
    "another manifest": lambda bundle: write_manifest(bundle, (bundle / MANIFEST_NAME).read_bytes() + b"\n"),
}


def test_a_signed_bundle_is_loaded_with_and_without_trust(signed: Path, keys: tuple[Path, Path]) -> None:
    for trust in (None, keys[1], str(keys[1])):
        recognizer = Recognizer.load(signed, trust=trust)
        assert recognizer.transcribe(tone(16_000), sample_rate=16_000).text == SPEECH_TEXT


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_no_trusted_key_has_signed_as_it_is_is_refused_before_a_graph_is_opened(
    signed: Path, keys: tuple[Path, Path], damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    DAMAGES[damage](signed)
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda *_, **__: pytest.fail("a graph was opened"))
    with pytest.raises(SignatureError):
        Recognizer.load(signed, trust=keys[1])
    open_bundle(signed)


def test_the_key_of_somebody_else_is_not_trusted(signed: Path, tmp_path: Path) -> None:
    _, other = make_keys(tmp_path / "other")
    with pytest.raises(SignatureError, match=r"no key of .*other\.pub has signed"):
        Recognizer.load(signed, trust=other)


def test_a_file_may_hold_several_keys(signed: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    _, other = make_keys(tmp_path / "other")
    both = tmp_path / "both.pub"
    both.write_bytes(other.read_bytes() + keys[1].read_bytes())
    open_bundle(signed, trust=read_trust(both))


def test_the_variable_holds_for_whoever_names_no_key(
    tiny_bundle: Path,
    tiny_aligner_bundle: Path,
    signed: Path,
    keys: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(TRUST_VARIABLE, str(keys[1]))
    Recognizer.load(signed)
    with pytest.raises(SignatureError, match=r"not signed.*edge-asr sign"):
        Recognizer.load(tiny_bundle)
    with pytest.raises(SignatureError):
        Aligner.load(tiny_aligner_bundle)


def test_commands_sign_and_trust(command: Command, tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    made = command("keygen", tmp_path / "maker")
    private, public = map(Path, made.out.splitlines())
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert command("verify", "-m", bundle, "--trust", public).code == ExitCode.BUNDLE
    assert command("sign", bundle, "--key", private).out == f"{bundle / SIGNATURE_NAME}\n"
    for subcommand in (["verify"], ["info"]):
        assert command(*subcommand, "-m", bundle, "--trust", public).code == ExitCode.OK
    (bundle / "tokenizer.json").write_text("{}")
    assert command("sign", bundle, "--key", private).code == ExitCode.BUNDLE


def test_keys_are_never_replaced(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    before = [path.read_bytes() for path in keys]
    with pytest.raises(UsageError, match="keys are not replaced"):
        make_keys(tmp_path / "maker")
    keys[1].unlink()
    with pytest.raises(UsageError, match="keys are not replaced"):
        make_keys(tmp_path / "maker")
    assert keys[0].read_bytes() == before[0]


@pytest.mark.parametrize(
    "content", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_what_is_no_key_is_a_usage_error(tmp_path: Path, signed: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="not a public key"):
        read_trust(path)
    with pytest.raises(UsageError, match="not a private key"):
        sign_bundle(signed, path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_trust(tmp_path / "absent")


def test_a_private_key_is_no_public_key_and_the_other_way_round(
    signed: Path, keys: tuple[Path, Path]
) -> None:
    private, public = keys
    with pytest.raises(UsageError, match="not a public key"):
        read_trust(private)
    with pytest.raises(UsageError, match="not a private key"):
        sign_bundle(signed, public)


def test_a_damaged_bundle_is_not_signed(signed: Path, keys: tuple[Path, Path]) -> None:
    (signed / "decoder.onnx").write_bytes(b"x")
    with pytest.raises(BundleError):
        sign_bundle(signed, keys[0])


def test_without_cryptography_trust_is_refused_with_what_to_install(
    signed: Path, keys: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    open_bundle(signed)
    with pytest.raises(BackendUnavailableError, match=r"pip install 'edge-asr\[trust\]'"):
        Recognizer.load(signed, trust=keys[1])


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_verifies_what_was_signed_and_signs_what_is_trusted(
    signed: Path, keys: tuple[Path, Path]
) -> None:
    private, public = keys
    manifest, signature = signed / MANIFEST_NAME, signed / SIGNATURE_NAME
    openssl = ["openssl", "pkeyutl", "-rawin", "-in", str(manifest)]
    verify = [*openssl, "-verify", "-pubin", "-inkey", str(public), "-sigfile", str(signature)]
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 0
    signature.unlink()
    subprocess.run([*openssl, "-sign", "-inkey", str(private), "-out", str(signature)], check=True)
    open_bundle(signed, trust=read_trust(public))


def test_a_key_of_another_kind_is_named_as_such(tmp_path: Path, signed: Path) -> None:
    formats = cryptography("hazmat.primitives.serialization")
    key = cryptography("hazmat.primitives.asymmetric.x448").X448PrivateKey.generate()
    pem, public_format = formats.Encoding.PEM, formats.PublicFormat.SubjectPublicKeyInfo
    private, public = tmp_path / "other.key", tmp_path / "other.pub"
    private.write_bytes(key.private_bytes(pem, formats.PrivateFormat.PKCS8, formats.NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(pem, public_format))
    with pytest.raises(UsageError, match=r"other\.key: a key of another kind"):
        sign_bundle(signed, private)
    with pytest.raises(UsageError, match=r"other\.pub: a key of another kind"):
        read_trust(public)


def test_a_manifest_that_is_replaced_while_it_is_signed_gets_no_signature(
    tiny_bundle: Path, tmp_path: Path, keys: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))

    def open_and_replace(directory: Path) -> Bundle:
        verified = open_bundle(directory)
        change_and_hash(directory)
        return verified

    monkeypatch.setattr(signing, "open_bundle", open_and_replace)
    with pytest.raises(ChecksumError, match="changed while it was signed"):
        sign_bundle(bundle, keys[0])
    assert not (bundle / SIGNATURE_NAME).exists()


def test_what_cannot_be_read_or_written_is_a_usage_error_with_the_systems_words(
    tmp_path: Path, signed: Path, keys: tuple[Path, Path]
) -> None:
    with pytest.raises(UsageError, match=r"absent\.key: the key cannot be read \(No such file"):
        sign_bundle(signed, tmp_path / "absent.key")
    with pytest.raises(UsageError, match=r"maker\.key: cannot be written \(No such file"):
        make_keys(tmp_path / "absent" / "maker")


def test_a_signature_that_cannot_be_written_leaves_the_bundle_as_it_was(
    signed: Path, keys: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, target: Path) -> None:
        raise OSError(ENOSPC, strerror(ENOSPC))

    before = sorted(signed.iterdir())
    with monkeypatch.context() as patches:
        patches.setattr(Path, "replace", refuse)
        with pytest.raises(UsageError, match=rf"signature cannot be written \({strerror(ENOSPC)}\)"):
            sign_bundle(signed, keys[0])
    assert sorted(signed.iterdir()) == before
    open_bundle(signed, trust=read_trust(keys[1]))
