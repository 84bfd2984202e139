"""The reference's answers that travel with a bundle, so that a device can test itself alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edge_export.reference import Answer

_KEYS: Final = ("waveform", "log_mel", "audio_embeds", "token_ids", "logprobs")


def write_golden(path: Path, answers: Sequence[Answer]) -> None:
    """Write `INDEX/KEY` for every answer; logits, the bulk of it, stay behind."""
    arrays = {f"{index}/{key}": getattr(answer, key) for index, answer in enumerate(answers) for key in _KEYS}
    np.savez(path, **arrays)
