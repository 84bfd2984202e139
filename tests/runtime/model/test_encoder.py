"""How a clip is cut into windows and put together again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from transformers.models.qwen3_asr.modeling_qwen3_asr import _get_feat_extract_output_lengths

from edge_runtime.arrays import Array, LogMel
from edge_runtime.model.encoder import Encoder, num_audio_tokens
from tests.support.fake_session import FakeSession
from tests.support.manifests import ENCODER, ENCODER_COMPONENT

LENGTHS = [1, 7, 8, 9, 50, 99, 100, 101, 799, 800, 801, 1600, 1601, 2399, 2400, 3250, 4801]


def first_frames(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    """Stand for an encoder: token j of a chunk is the first 4 values of its frame 8 j."""
    windows = inputs["mel_windows"]
    chunks = windows.reshape(len(windows), 128, -1, 100)[:, :4, :, ::8]
    return {"audio_embeddings": chunks.transpose(0, 2, 3, 1).reshape(len(windows), -1, 4)}


def numbered(num_frames: int) -> LogMel:
    """Return features in which every value says its frame, counted from 1."""
    return np.tile(np.arange(1, num_frames + 1, dtype=np.float32), (128, 1))


def encoded(num_frames: int, batch: int = 2) -> tuple[Array, FakeSession]:
    session = FakeSession(ENCODER_COMPONENT, first_frames)
    return Encoder(session, ENCODER, batch).encode(numbered(num_frames)), session


def test_token_counts_equal_the_reference_formula() -> None:
    actual = [num_audio_tokens(num_frames, ENCODER) for num_frames in range(1, 5001)]
    assert actual == [_get_feat_extract_output_lengths(num_frames) for num_frames in range(1, 5001)]


@pytest.mark.parametrize(
    ("num_frames", "expected"),
    [(50, 7), (99, 13), (100, 13), (127, 17), (800, 104), (1000, 130), (3000, 390), (120_000, 15_600)],
)
def test_token_counts_equal_the_published_table(num_frames: int, expected: int) -> None:
    assert num_audio_tokens(num_frames, ENCODER) == expected


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
@pytest.mark.parametrize("num_frames", LENGTHS)
def test_every_token_comes_from_its_own_frame_in_order(num_frames: int, batch: int) -> None:
    embeds, _ = encoded(num_frames, batch)
    chunk, place = np.divmod(np.arange(num_audio_tokens(num_frames, ENCODER)), 13)
    np.testing.assert_array_equal(embeds, np.repeat(100 * chunk + 8 * place + 1, 4).reshape(-1, 4))


@pytest.mark.parametrize("num_frames", LENGTHS)
def test_only_the_last_chunk_is_padded_and_with_zeros(num_frames: int) -> None:
    _, session = encoded(num_frames, batch=1)
    seen = np.concatenate([feeds["mel_windows"][0, 0] for feeds in session.feeds])
    assert seen.size == -(-num_frames // 100) * 100
    np.testing.assert_array_equal(seen[:num_frames], np.arange(1, num_frames + 1))
    assert not seen[num_frames:].any()


@pytest.mark.parametrize("num_frames", LENGTHS)
def test_the_key_mask_hides_the_tokens_of_the_padding_and_no_others(num_frames: int) -> None:
    _, session = encoded(num_frames)
    masks = [feeds["key_mask"] for feeds in session.feeds]
    for feeds, mask in zip(session.feeds, masks, strict=True):
        windows = feeds["mel_windows"]
        assert mask.shape == (len(windows), windows.shape[2] // 100 * 13)
    seen = np.concatenate([mask.ravel() for mask in masks])
    num_tokens = num_audio_tokens(num_frames, ENCODER)
    assert seen[:num_tokens].all()
    assert not seen[num_tokens:].any()


@pytest.mark.parametrize(
    ("num_frames", "shapes"),
    [
        (50, [(1, 128, 100)]),
        (800, [(1, 128, 800)]),
        (801, [(1, 128, 800), (1, 128, 100)]),
        (1600, [(2, 128, 800)]),
        (4050, [(2, 128, 800), (2, 128, 800), (1, 128, 800), (1, 128, 100)]),
    ],
)
def test_windows_are_batched_up_to_the_limit_and_the_rest_runs_alone(
    num_frames: int, shapes: list[tuple[int, ...]]
) -> None:
    _, session = encoded(num_frames, batch=2)
    assert [feeds["mel_windows"].shape for feeds in session.feeds] == shapes
    assert session.more_follow == [True] * (len(shapes) - 1) + [False]
