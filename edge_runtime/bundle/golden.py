"""The recordings that travel in a bundle, and the reference's answers to them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from edge_runtime.arrays import Array, AudioEmbeds, LogMel, TokenIds, Waveform
from edge_runtime.errors import BundleError
from edge_runtime.opened_file import OpenedFile, opened

GOLDEN_NAME: Final = "golden.npz"


@dataclass(frozen=True, slots=True)
class Golden:
    """One recording and the reference's answers to it.

    Attributes:
        waveform: mono samples at the model's rate, shape (num_samples,).
        log_mel: features, shape (F, T).
        audio_embeds: encoder output, shape (A, H).
        token_ids: greedy tokens, end of sequence ignored, shape (S,).
        logprobs: their natural log-probabilities, shape (S,).
    """

    waveform: Waveform
    log_mel: LogMel
    audio_embeds: AudioEmbeds
    token_ids: TokenIds
    logprobs: Array


@dataclass(frozen=True, slots=True)
class AlignerGolden:
    """One recording, one text, and the reference's answers to them.

    Attributes:
        waveform: mono samples at the model's rate, shape (num_samples,).
        log_mel: features, shape (F, T).
        audio_embeds: encoder output, shape (A, H).
        prompt_ids: audio, units and slots, shape (S,).
        class_ids: most likely class of each slot, shape (num_slots,).
        logprobs: their natural log-probabilities, shape (num_slots,).
    """

    waveform: Waveform
    log_mel: LogMel
    audio_embeds: AudioEmbeds
    prompt_ids: TokenIds
    class_ids: TokenIds
    logprobs: Array


Kind = TypeVar("Kind", Golden, AlignerGolden)

_UNREADABLE: Final = (AttributeError, KeyError, TypeError, ValueError)
"""Of numpy and of parsing; entering a single array is an AttributeError in Python 3.10, a TypeError later."""


def read_golden(path: Path | OpenedFile, kind: type[Kind]) -> dict[str, Kind]:
    """Read the stored recordings and answers.

    Args:
        path: `golden.npz` of a bundle, or its path.
        kind: `Golden` or `AlignerGolden`, by the kind of the bundle.

    Returns:
        Name of each recording → the recording and its answers.

    Raises:
        BundleError: the file does not hold them.
    """
    names = [field.name for field in fields(kind)]
    with read_arrays(path) as arrays:
        probes = sorted({key.split("/")[0] for key in arrays})
        golden = {probe: kind(**{n: arrays[f"{probe}/{n}"] for n in names}) for probe in probes}
    if not golden:
        raise BundleError(f"{path}: not readable as stored answers (it holds none). Rebuild the bundle.")
    return golden


@contextmanager
def read_arrays(path: Path | OpenedFile) -> Iterator[Mapping[str, Array]]:
    """Provide the arrays of an `.npz` file, by name, to a `with` body that parses them.

    Raises:
        BundleError: the file cannot be read, or the body finds an array missing or unusable.
    """
    try:
        with opened(path).stream() as stream, np.load(stream, allow_pickle=False) as arrays:
            yield {key: arrays[key] for key in arrays}
    except (OSError, EOFError, *_UNREADABLE, zipfile.BadZipFile, zlib.error) as error:
        raise BundleError(f"{path}: not readable as stored answers ({error}). Rebuild the bundle.") from error
