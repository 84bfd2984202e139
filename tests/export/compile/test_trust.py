"""A device compiles a portable bundle that a trusted key has signed; what it makes says where it is from."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_export.compile.component import compile_component
from edge_export.compile.run import CompileOptions, compile_portable
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.signing import make_keys, sign_bundle
from edge_runtime.bundle.trust import SIGNATURE_NAME, TRUST_VARIABLE, read_trust
from edge_runtime.errors import SignatureError
from tests.export.compile.portable import FakeBuilderLibrary
from tests.export.conftest import Lines

pytest.importorskip("cryptography", reason="cryptography is not installed: pip install 'edge-asr[trust]'")


def compiled(bundle: Path, trust: Path | None = None) -> Path:
    return compile_portable(CompileOptions(bundle, trust=trust), Lines(), compile_component).bundle


def test_a_signed_portable_bundle_is_compiled_and_its_engines_are_signed_anew(
    portable: Path, library: FakeBuilderLibrary, tmp_path: Path
) -> None:
    private, public = make_keys(tmp_path / "maker")
    sign_bundle(portable, private)
    bundle = compiled(portable, public)
    assert not (bundle / SIGNATURE_NAME).exists()
    flags = open_bundle(bundle).manifest.components["decoder"].engine
    assert flags is not None
    assert f"compiled_from:{portable}" in flags.flags
    with pytest.raises(SignatureError):
        open_bundle(bundle, trust=read_trust(public))
    device, device_public = make_keys(tmp_path / "device")
    sign_bundle(bundle, device)
    open_bundle(bundle, trust=read_trust(device_public))


@pytest.mark.parametrize("by_variable", [False, True])
def test_an_unsigned_portable_bundle_is_not_compiled(
    portable: Path,
    library: FakeBuilderLibrary,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    by_variable: bool,
) -> None:
    _, public = make_keys(tmp_path / "maker")
    if by_variable:
        monkeypatch.setenv(TRUST_VARIABLE, str(public))
    with pytest.raises(SignatureError, match="not signed"):
        compiled(portable, None if by_variable else public)
