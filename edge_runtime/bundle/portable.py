"""A portable bundle: proven graphs, their expected outputs and what to compile from them on a device.

Its manifest holds the manifest of the bundle to be, whose components are still ONNX graphs. The format has a
name of its own, so that a reader of bundles refuses it instead of running graphs that are for TensorRT.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from edge_runtime.bundle import manifest as manifest_format
from edge_runtime.bundle.bundle import DIGEST_NAME, Bundle, Progress, require_digest, verify_files
from edge_runtime.bundle.manifest import MANIFEST_NAME, PORTABLE_SCHEMA, Manifest
from edge_runtime.bundle.specs import EngineRecord, StrictStruct
from edge_runtime.errors import BundleError, ManifestError
from edge_runtime.json_schema import schema_of


class CompileSpec(StrictStruct, frozen=True):
    """What to compile, and for what machine."""

    library: str
    """Version of TensorRT that the graphs were written for, as `10.3`."""
    compute_capability: str
    """Of the GPU that the recipe is for, as `8.7`."""
    recipe: str
    records: dict[str, EngineRecord]
    """Component → record of its engine; version, platform, GPU and driver are those of the device."""
    build_memory: int
    """Bytes that compiling needs at its peak, about."""
    run_memory: int
    """Bytes that the engines need at run time, about."""


class PortableManifest(StrictStruct, frozen=True):
    """The manifest of a portable bundle."""

    schema: Literal["edge-asr/portable@1"]
    bundle: Manifest
    """Of the bundle to be; its `files` are those of the portable bundle."""
    compile: CompileSpec


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of the manifest of a portable bundle."""
    return schema_of(PortableManifest)


@dataclass(frozen=True, slots=True)
class PortableBundle:
    """A verified portable bundle.

    Attributes:
        graphs: the bundle of graphs.
        spec: what to compile from them.
    """

    graphs: Bundle
    spec: CompileSpec


_NO_BUNDLE: Final = (
    "no portable bundle. `edge-asr build-engines MODEL --target tensorrt --for jetpack-6.2` makes one"
)


def open_portable(directory: Path, progress: Progress | None = None) -> PortableBundle:
    """Read a portable bundle and verify the hash of every file.

    Raises:
        BundleError: there is no portable bundle, or a file is missing or of another size.
        ManifestError: the manifest is not readable by this version.
        ChecksumError: the manifest or a file is not as it was built.
    """
    portable = read_portable(directory)
    verify_files(portable.graphs, progress)
    return portable


def read_portable(directory: Path) -> PortableBundle:
    """Read and check the manifest alone; raises as `open_portable` does."""
    path = directory / MANIFEST_NAME
    if not path.is_file():
        raise BundleError(f"{directory}: {_NO_BUNDLE}.")
    data = path.read_bytes()
    if not is_portable(data):
        raise BundleError(f"{directory}: a bundle that needs no compiling, or {_NO_BUNDLE}.")
    try:
        manifest = msgspec.json.decode(data, type=PortableManifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: not a valid manifest: {error}. Build the bundle again.") from error
    digest = hashlib.sha256(data).hexdigest()
    require_digest(directory / DIGEST_NAME, digest)
    return PortableBundle(Bundle(directory, manifest.bundle, digest), manifest.compile)


def is_portable(data: bytes) -> bool:
    """Return whether the bytes of a manifest are a portable bundle's."""
    return manifest_format.schema_name(data) == PORTABLE_SCHEMA
