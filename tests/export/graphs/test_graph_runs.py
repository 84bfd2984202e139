"""Outputs of graphs do not depend on batches, padding, pieces or unused rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge_export.checkpoint.config import ModelConfig
from edge_export.graph_spec import PARITY_GRAPH_NAME, decoder_spec, encoder_spec
from edge_export.graphs.session import with_logits
from edge_runtime.backends.ort.session import OrtSession, open_session
from edge_runtime.backends.session import SessionOptions
from edge_runtime.model.kv_memory import PAST, PRESENT

CAPACITY = 40


@pytest.fixture(scope="module")
def encoder(folder: Path, config: ModelConfig) -> OrtSession:
    component = encoder_spec(config.audio).component("fp32")
    return open_session(component, folder / component.graph, SessionOptions())


@pytest.fixture(scope="module")
def decoder(folder: Path, config: ModelConfig) -> OrtSession:
    component = with_logits(decoder_spec(config.text).component("fp32"), config.text.vocab_size)
    return open_session(component, folder / PARITY_GRAPH_NAME, SessionOptions())


def _windows(rng: np.random.Generator, count: int, chunks: int) -> np.ndarray:
    return rng.standard_normal((count, 128, 100 * chunks), dtype=np.float32)


def _encode(encoder: OrtSession, mel: np.ndarray, valid: list[int]) -> np.ndarray:
    mask = np.arange(13 * mel.shape[2] // 100)[None] < np.array(valid)[:, None]
    return encoder.bind({}).run({"mel_windows": mel, "key_mask": mask})["audio_embeddings"]


def test_windows_of_a_batch_do_not_see_each_other(encoder: OrtSession) -> None:
    mel, valid = _windows(np.random.default_rng(0), 3, 8), [104, 104, 59]
    batched = _encode(encoder, mel, valid)
    for index, count in enumerate(valid):
        single = _encode(encoder, mel[index : index + 1], [count])
        np.testing.assert_allclose(batched[index, :count], single[0, :count], atol=1e-6)


@pytest.mark.parametrize("chunks", [1, 2, 8])
def test_padded_tokens_do_not_change_valid_ones(encoder: OrtSession, chunks: int) -> None:
    rng = np.random.default_rng(chunks)
    mel, valid = _windows(rng, 1, chunks), 13 * chunks - 6
    changed = mel.copy()
    # Token t of a chunk sees frames up to 8 t + 7: no valid token sees the frames of the last three.
    changed[:, :, -24:] = 9.0
    before, after = (_encode(encoder, windows, [valid])[0, :valid] for windows in (mel, changed))
    np.testing.assert_array_equal(before, after)


class Sequences:
    """Several prompts of different lengths, right-padded."""

    def __init__(self, config: ModelConfig) -> None:
        rng = np.random.default_rng(7)
        self.lengths = [11, 5, 8]
        self.audio = rng.standard_normal((9, config.text.hidden_size), dtype=np.float32)
        self.ids = [rng.integers(0, config.text.vocab_size, size=n) for n in self.lengths]
        self.rows = [np.where(np.arange(n) % 4 == 1, np.arange(n) % 9, -1) for n in self.lengths]


def _new_cache(decoder: OrtSession, batch: int) -> dict[str, object]:
    dims = {"batch": batch, "kv_capacity": CAPACITY}
    tensors: dict[str, object] = {}
    for spec in decoder.component.inputs:
        if spec.name.startswith(PAST):
            tensor = decoder.allocate(spec.name, dims)
            tensors |= {spec.name: tensor, PRESENT + spec.name.removeprefix(PAST): tensor}
    return tensors


def _generate(
    decoder: OrtSession,
    sequences: Sequences,
    chosen: list[int],
    steps: int = 6,
    cache: dict[str, object] | None = None,
) -> np.ndarray:
    """Return logits (batch, steps, V) of greedy decoding of the chosen sequences as one padded batch."""
    lengths = np.array([sequences.lengths[i] for i in chosen])
    width = lengths.max()
    ids = np.stack([np.pad(sequences.ids[i], (0, width - len(sequences.ids[i]))) for i in chosen])
    rows = [
        np.pad(sequences.rows[i], (0, width - len(sequences.rows[i])), constant_values=-1) for i in chosen
    ]
    binding = decoder.bind(cache or _new_cache(decoder, len(chosen)))
    feeds = {"input_ids": ids, "audio_index": np.stack(rows), "audio_embeds": sequences.audio}
    feeds |= {"cache_len": np.zeros_like(lengths), "last_index": lengths[:, None] - 1}
    logits = []
    for step in range(steps):
        outputs = binding.run(feeds)
        logits.append(outputs["logits"][:, 0])
        np.testing.assert_array_equal(outputs["next_token"], outputs["logits"].argmax(-1))
        tokens = outputs["next_token"]
        feeds |= {"input_ids": tokens, "audio_index": np.full_like(tokens, -1)}
        feeds |= {"cache_len": lengths + step, "last_index": np.zeros_like(tokens)}
    return np.stack(logits, axis=1)


def test_right_padded_batches_equal_single_runs(decoder: OrtSession, config: ModelConfig) -> None:
    sequences = Sequences(config)
    batched = _generate(decoder, sequences, [0, 1, 2])
    for index in range(3):
        single = _generate(decoder, sequences, [index])[0]
        np.testing.assert_array_equal(batched[index].argmax(-1), single.argmax(-1))
        np.testing.assert_allclose(batched[index], single, atol=2e-6 * np.abs(single).max())


@pytest.mark.parametrize("piece", [1, 3, 10])
def test_prefill_in_pieces_equals_prefill_at_once(
    decoder: OrtSession, config: ModelConfig, piece: int
) -> None:
    sequences = Sequences(config)
    whole = _generate(decoder, sequences, [0], steps=1)[0, 0]
    binding = decoder.bind(_new_cache(decoder, 1))
    for start in range(0, sequences.lengths[0], piece):
        ids, rows = (part[0][start : start + piece][None] for part in (sequences.ids, sequences.rows))
        feeds = {"input_ids": ids, "audio_index": rows, "audio_embeds": sequences.audio}
        feeds |= {"cache_len": np.array([start]), "last_index": np.array([[ids.shape[1] - 1]])}
        outputs = binding.run(feeds)
    np.testing.assert_allclose(outputs["logits"][0, 0], whole, atol=2e-6 * np.abs(whole).max())


def test_the_log_probability_is_that_of_the_chosen_token(decoder: OrtSession, config: ModelConfig) -> None:
    sequences = Sequences(config)
    binding = decoder.bind(_new_cache(decoder, 1))
    feeds = {"input_ids": sequences.ids[1][None], "audio_index": sequences.rows[1][None]}
    feeds |= {"audio_embeds": sequences.audio, "cache_len": np.array([0]), "last_index": np.array([[4]])}
    outputs = binding.run(feeds)
    logits = outputs["logits"][0, 0].astype(np.float64)
    expected = logits.max() - np.log(np.exp(logits).sum())
    assert outputs["logprob"][0, 0] == pytest.approx(expected, abs=1e-5)


def test_rows_beyond_the_valid_length_are_never_read(decoder: OrtSession, config: ModelConfig) -> None:
    sequences = Sequences(config)
    clean = _generate(decoder, sequences, [1])
    poisoned = _new_cache(decoder, 1)
    for tensor in poisoned.values():
        tensor.value.update_inplace(np.full(tensor.shape, 1e4, np.float32))
    np.testing.assert_array_equal(_generate(decoder, sequences, [1], cache=poisoned), clean)
