"""The released checkpoints' configuration and tokenizer files as a folder of checkpoints."""

from __future__ import annotations

import lzma
import shutil
from pathlib import Path
from typing import Final

RELEASED: Final = Path(__file__).parents[1] / "released"


def unpack_released(root: Path) -> Path:
    """Copy the files to a folder that does not exist yet, the tokenizers' files where they belong."""
    shutil.copytree(RELEASED, root)
    for packed in root.glob("*.xz"):
        for name in ("Qwen3-ASR-0.6B", "Qwen3-ForcedAligner-0.6B"):
            (root / name / packed.stem).write_bytes(lzma.decompress(packed.read_bytes()))
    return root
