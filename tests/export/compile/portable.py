"""A small portable bundle, and a fake TensorRT that builds plans from its graphs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.bundle import manifest as manifest_format
from edge_runtime.bundle.manifest import MANIFEST_NAME, PORTABLE_SCHEMA, FileEntry
from edge_runtime.bundle.manifest_file import DIGEST_NAME, digest_line
from edge_runtime.bundle.portable import Alternative, CompileSpec, PortableManifest
from edge_runtime.bundle.specs import Component, DimRange, EngineProfile, EngineRecord
from edge_runtime.verification.engine_cases import EngineCase, run_case, write_cases
from tests.support.fake_session import FakeSession
from tests.support.manifests import DECODER_COMPONENT, decoder_spec, make_manifest
from tests.support.token_decoder import LEGACY_DECODER, legacy, modern

ROWS = 96
_DIMS = {"batch": 1, "sequence": 16, "audio_tokens": 16, "kv_capacity": ROWS}
PROFILE = EngineProfile(
    name="prefill", dims={name: DimRange(min=1, opt=size, max=size) for name, size in _DIMS.items()}
)
BUCKETS = (32, ROWS)
STEPS = tuple(
    EngineProfile(
        name=f"step-{rows}",
        dims={name: DimRange(min=1, opt=1, max=1) for name in ("batch", "sequence", "audio_tokens")}
        | {"kv_capacity": DimRange(min=rows, opt=rows, max=rows)},
    )
    for rows in BUCKETS
)
COMPONENTS = ("decoder", "draft")
"""Two engines of one decoder, so that a run can be stopped between them."""


def record(lowering: str) -> EngineRecord:
    return EngineRecord(
        builder="tensorrt",
        version="10.3",
        platform="linux-x86_64",
        compute_capabilities=("8.7",),
        gpu="",
        driver="",
        onnx={},
        profiles=(PROFILE, *STEPS),
        flags=("attention=fused", f"lowering={lowering}", "precision=int8", "strongly_typed"),
        kv_capacity=ROWS,
        recipe="orin-nano",
    )


def write_portable(folder: Path, lowering: str = "legacy", library: str = "10.3", memory: int = 1) -> Path:
    """Write a portable bundle of two decoders, with one case each."""
    folder.mkdir(parents=True)
    part, compute = (LEGACY_DECODER, legacy) if lowering == "legacy" else (DECODER_COMPONENT, modern)
    components = {name: msgspec.structs.replace(part, graph=f"{name}.onnx") for name in COMPONENTS}
    components["vad"] = msgspec.structs.replace(part, graph="vad.onnx", lowering="numpy")
    (folder / "tokenizer.json").write_text("{}")
    for name in COMPONENTS:
        (folder / f"{name}.onnx").write_bytes(f"graph of {name}".encode())
        (folder / f"{name}.onnx.data").write_bytes(bytes(100))
    (folder / "vad.onnx").write_bytes(b"graph of vad")
    bare = make_manifest(target="tensorrt", components=components, decoder=decoder_spec(kv_capacity=ROWS))
    write_cases(folder / "answers.npz", [_case(name, part, compute, bare) for name in COMPONENTS])
    files = {path.name: _entry(path) for path in sorted(folder.iterdir())}
    manifest = msgspec.structs.replace(bare, precision="int8", files=files)
    records = {
        name: msgspec.structs.replace(
            record(lowering),
            onnx={file: files[file].sha256 for file in (f"{name}.onnx", f"{name}.onnx.data")},
        )
        for name in COMPONENTS
    }
    spec = CompileSpec(
        library=library,
        compute_capability="8.7",
        recipe="orin-nano",
        records=records,
        build_memory=memory,
        run_memory=1,
    )
    document = PortableManifest(schema=PORTABLE_SCHEMA, bundle=manifest, compile=spec)
    write_manifest(folder, document)
    return folder


def add_precision(folder: Path, precision: str, memory: int = 1, size: int = 50) -> None:
    """Add a precision whose decoder is another graph and whose draft is the same."""
    document = msgspec.json.decode((folder / MANIFEST_NAME).read_bytes(), type=PortableManifest)
    own = ("decoder.onnx", "decoder.onnx.data")
    (folder / precision).mkdir()
    for name, data in zip(own, (f"{precision} of decoder".encode(), bytes(size)), strict=True):
        (folder / precision / name).write_bytes(data)
    files = dict(document.bundle.files) | {name: _entry(folder / precision / name) for name in own}
    records = dict(document.compile.records)
    for name, record_ in records.items():
        flags = tuple(flag.replace("precision=int8", f"precision={precision}") for flag in record_.flags)
        onnx = {file: files[file].sha256 for file in record_.onnx}
        records[name] = msgspec.structs.replace(record_, flags=flags, onnx=onnx)
    other = Alternative(
        folder=precision,
        own=own,
        bundle=msgspec.structs.replace(document.bundle, precision=precision, files=files),
        compile=msgspec.structs.replace(document.compile, records=records, build_memory=memory),
    )
    write_manifest(folder, msgspec.structs.replace(document, alternatives=(*document.alternatives, other)))


def write_manifest(folder: Path, document: PortableManifest) -> None:
    """Write a manifest and its hash."""
    data = manifest_format.encode(document)
    (folder / MANIFEST_NAME).write_bytes(data)
    (folder / DIGEST_NAME).write_text(digest_line(hashlib.sha256(data).hexdigest()), "ascii")


def _case(name: str, part: Component, compute: Any, manifest: Any) -> EngineCase:
    ids = np.arange(1, 13)
    inputs: Mapping[str, Array] = {
        "ids": ids,
        "audio_index": np.full(len(ids), -1),
        "audio_embeds": np.zeros((1, 4), np.float32),
        "num_prompt": np.array(8),
        "fill": np.array(0),
    }
    expected = run_case(FakeSession(part, compute), manifest, "decoder", inputs)
    return EngineCase(name, "short_prefix", inputs, expected, 0.05)


def _entry(path: Path) -> FileEntry:
    data = path.read_bytes()
    return FileEntry(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


class _Logger:
    class Severity(IntEnum):
        ERROR = 1

    def __init__(self) -> None:
        self.errors: list[str] = []


class _Profile:
    def __init__(self) -> None:
        self.shapes: dict[str, tuple[tuple[int, ...], ...]] = {}

    def set_shape(self, name: str, *shapes: tuple[int, ...]) -> None:
        self.shapes[name] = shapes


class _Config:
    def __init__(self) -> None:
        self.profiles: list[_Profile] = []

    def create_timing_cache(self, stored: bytes) -> SimpleNamespace:
        return SimpleNamespace(serialize=lambda: stored + b"measured")

    def set_timing_cache(self, cache: Any, *, ignore_mismatch: bool) -> bool:
        self.cache = cache
        return True

    def get_timing_cache(self) -> Any:
        return self.cache

    def add_optimization_profile(self, profile: _Profile) -> None:
        self.profiles.append(profile)


class FakeBuilderLibrary:
    """Stands in for the module `tensorrt` of 10.3 as far as the builder goes: a plan is its graph's bytes."""

    IBuilderConfig = _Config
    ILogger = _Logger
    NetworkDefinitionCreationFlag = SimpleNamespace(STRONGLY_TYPED=1)
    LayerType = SimpleNamespace()

    def __init__(self, version: str = "10.3.0") -> None:
        self.__version__ = version
        self.built: list[tuple[bytes, _Config]] = []

    def Builder(self, logger: Any) -> Any:  # noqa: N802
        return SimpleNamespace(
            create_network=lambda flags: SimpleNamespace(graph=b"", num_layers=0, flags=flags),
            create_builder_config=_Config,
            create_optimization_profile=_Profile,
            build_serialized_network=self._build,
        )

    def OnnxParser(self, network: Any, logger: Any) -> Any:  # noqa: N802
        def parse_from_file(path: str) -> bool:
            network.graph = Path(path).read_bytes()
            return True

        return SimpleNamespace(parse_from_file=parse_from_file, num_errors=0)

    def _build(self, network: Any, config: _Config) -> bytes:
        self.built.append((network.graph, config))
        return b"plan of " + network.graph
