"""Where a build's bytes came from: checkpoint files, tools, command."""

from __future__ import annotations

import hashlib
import shlex
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_runtime.bundle.manifest import Provenance
from edge_runtime.digest import sha256_of
from edge_runtime.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_export.checkpoint.config import ModelConfig
    from edge_export.checkpoint.source import Source

_TOOLS: Final = (
    "numpy",
    "onnx",
    "onnx-ir",
    "onnxruntime",
    "onnxscript",
    "safetensors",
    "silero-vad",
    "tokenizers",
    "torch",
    "transformers",
)
_NOT_READ: Final = frozenset({"chat_template.json"})


def describe(source: Source, config: ModelConfig, weight_paths: Sequence[Path]) -> Provenance:
    """Record a checkpoint and the installed tools."""
    files = sorted({*weight_paths, *_companions(source.directory)})
    return Provenance(
        model_id=source.model_id,
        revision=source.revision,
        layout=config.layout,
        architecture=config.architecture,
        checkpoint_files={path.name: sha256_of(path) for path in files},
        tools=_tool_versions(),
        command=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
    )


def build_key(provenance: Provenance, target: str, precision: str) -> str:
    """Return a digest of all that a bundle's content depends on."""
    parts = [
        *(f"{name}={digest}" for name, digest in sorted(provenance.checkpoint_files.items())),
        *(f"{name}={version}" for name, version in sorted(provenance.tools.items())),
        provenance.model_id,
        str(provenance.revision),
        target,
        precision,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _companions(directory: Path) -> list[Path]:
    paths = (*directory.glob("*.json"), *directory.glob("merges.txt"))
    return [path for path in paths if path.name not in _NOT_READ]


def _tool_versions() -> dict[str, str]:
    versions = {name: _version(name) for name in _TOOLS}
    python = ".".join(map(str, sys.version_info[:3]))
    return versions | {"edge-asr": f"{VERSION}+{_own_digest()}", "python": python}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"


def _own_digest() -> str:
    """Return a short digest of the exporter's source: it changes between two releases too."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
