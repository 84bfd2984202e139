"""Lowerings in float32: equal to transformers and to each other, for every batch and any pieces."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch

from edge_export.graph_spec import Lowering
from edge_export.parity.transformers_model import load_model
from tests.export.support.written_graphs import Stepper, WrittenGraphs

LOWERINGS: tuple[Lowering, ...] = ("modern", "legacy", "cuda")
MAX_SCORED = 8
"""Tokens of a call: the token before a draft, and the draft."""
RELATIVE = 1e-5
"""Largest difference over the largest value: some eighty epsilons of float32, for sums in another order."""
PROMPT, STEPS = 11, 5
ROWS = 24


@pytest.fixture(scope="module", params=LOWERINGS)
def lowering(request: pytest.FixtureRequest) -> Lowering:
    return request.param


class Tokens:
    """Three sequences, each a prompt with audio and the tokens after it."""

    def __init__(self, graphs: WrittenGraphs) -> None:
        rng, text = np.random.default_rng(7), graphs.config.text
        self.ids = rng.integers(0, text.vocab_size, size=(3, PROMPT + STEPS))
        place = np.arange(PROMPT + STEPS)
        self.rows = np.tile(np.where((place % 4 == 1) & (place < 5), place, -1), (3, 1))
        self.audio = rng.standard_normal((9, text.hidden_size), dtype=np.float32)


@pytest.fixture(scope="module")
def tokens(tiny_graphs: WrittenGraphs) -> Tokens:
    return Tokens(tiny_graphs)


@pytest.fixture(scope="module")
def expected(tiny_graphs: WrittenGraphs, tokens: Tokens) -> np.ndarray:
    """Logits (3, PROMPT + STEPS, V) of transformers."""
    model = load_model(tiny_graphs.checkpoint)
    return _reference(model, tokens.ids, tokens.rows, tokens.audio)


@torch.inference_mode()
def _reference(model: torch.nn.Module, ids: np.ndarray, rows: np.ndarray, audio: np.ndarray) -> np.ndarray:
    embeds = model.get_input_embeddings()(torch.from_numpy(ids))
    embeds[torch.from_numpy(rows >= 0)] = torch.from_numpy(audio[rows[rows >= 0]])
    return model(inputs_embeds=embeds, use_cache=False).logits.numpy()


def _decode(stepper: Stepper, tokens: Tokens, chosen: slice, piece: int = PROMPT) -> np.ndarray:
    """Return logits (B, 1 + STEPS, V) after the prompt, cut into pieces, and after every later token."""
    starts = [*range(0, PROMPT, piece), *range(PROMPT, PROMPT + STEPS)]
    ends = [*starts[1:], PROMPT + STEPS]
    actual = [
        stepper.run(tokens.ids[chosen, first:last], tokens.rows[chosen, first:last], tokens.audio)
        for first, last in zip(starts, ends, strict=True)
    ]
    return np.stack(actual[-1 - STEPS :], axis=1)


def _assert_close(actual: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(actual, expected, rtol=0, atol=RELATIVE * np.abs(expected).max())


@pytest.mark.parametrize("piece", [1, 3, PROMPT])
def test_the_decoder_equals_transformers_however_the_prompt_is_cut(
    tiny_graphs: WrittenGraphs, tokens: Tokens, expected: np.ndarray, lowering: Lowering, piece: int
) -> None:
    stepper = Stepper(tiny_graphs.session("decoder", lowering), 3, ROWS)
    actual = _decode(stepper, tokens, slice(None), piece)
    _assert_close(actual, expected[:, PROMPT - 1 :])


def test_several_tokens_of_a_call_are_scored_as_step_by_step(
    tiny_graphs: WrittenGraphs, tokens: Tokens, expected: np.ndarray, lowering: Lowering
) -> None:
    stepper = Stepper(tiny_graphs.session("decoder", lowering), 3, ROWS)
    first = PROMPT + STEPS - MAX_SCORED
    stepper.run(tokens.ids[:, :first], tokens.rows[:, :first], tokens.audio)
    outputs = stepper.score(tokens.ids[:, first:], tokens.rows[:, first:], tokens.audio)
    _assert_close(outputs["logits"], expected[:, first:])
    np.testing.assert_array_equal(outputs["next_token"], outputs["logits"].argmax(axis=-1))
    best = np.sort(outputs["logits"], axis=-1)
    np.testing.assert_allclose(outputs["margin"], best[..., -1] - best[..., -2], atol=1e-6)
    shifted = np.exp(outputs["logits"] - best[..., -1:]).sum(axis=-1)
    np.testing.assert_allclose(outputs["logprob"], -np.log(shifted), atol=1e-5)


def test_a_draft_that_is_taken_back_leaves_no_trace(
    tiny_graphs: WrittenGraphs, tokens: Tokens, lowering: Lowering
) -> None:
    ids, rows, audio = tokens.ids[:1], tokens.rows[:1], tokens.audio
    steppers = [Stepper(tiny_graphs.session("decoder", lowering), 1, ROWS) for _ in range(2)]
    for stepper in steppers:
        stepper.run(ids[:, :PROMPT], rows[:, :PROMPT], audio)
    wrong = (ids[:, PROMPT : PROMPT + 4] + 1) % tiny_graphs.config.text.vocab_size
    steppers[1].score(wrong, rows[:, PROMPT : PROMPT + 4], audio)
    steppers[1].lengths -= 4
    single, again = (stepper.score(ids[:, PROMPT:], rows[:, PROMPT:], audio) for stepper in steppers)
    np.testing.assert_array_equal(again["logits"], single["logits"])


def test_right_padding_changes_no_sequence(
    tiny_graphs: WrittenGraphs, tokens: Tokens, expected: np.ndarray, lowering: Lowering
) -> None:
    stepper, valid = Stepper(tiny_graphs.session("decoder", lowering), 3, ROWS), [11, 5, 8]
    actual = stepper.run(tokens.ids[:, :PROMPT], tokens.rows[:, :PROMPT], tokens.audio, valid)
    _assert_close(actual, np.stack([expected[row, count - 1] for row, count in enumerate(valid)]))
    following = np.array([[tokens.ids[row, count]] for row, count in enumerate(valid)])
    audio_index = np.array([[tokens.rows[row, count]] for row, count in enumerate(valid)])
    actual = stepper.run(following, audio_index, tokens.audio)
    _assert_close(actual, np.stack([expected[row, count] for row, count in enumerate(valid)]))


def test_rows_beyond_the_valid_length_are_never_read(
    tiny_graphs: WrittenGraphs, tokens: Tokens, lowering: Lowering
) -> None:
    session = tiny_graphs.session("decoder", lowering)
    clean, poisoned = (_decode(Stepper(session, 3, ROWS, fill), tokens, slice(None)) for fill in (0.0, 1e30))
    np.testing.assert_array_equal(poisoned, clean)


def test_every_lowering_writes_the_rows_that_modern_writes(
    tiny_graphs: WrittenGraphs, tokens: Tokens
) -> None:
    caches = []
    for lowering in LOWERINGS:
        stepper = Stepper(tiny_graphs.session("decoder", lowering), 3, ROWS)
        _decode(stepper, tokens, slice(None), piece=4)
        caches.append(stepper.rows(2))
    assert caches[0].shape == (2 * 2 * 2, PROMPT + STEPS, tiny_graphs.config.text.head_dim)
    for other in caches[1:]:
        _assert_close(other, caches[0])


def test_a_legacy_prefill_needs_no_past_at_all(
    tiny_graphs: WrittenGraphs, tokens: Tokens, expected: np.ndarray
) -> None:
    stepper = Stepper(tiny_graphs.session("decoder", "legacy"), 3, rows=0)
    actual = stepper.run(tokens.ids[:, :PROMPT], tokens.rows[:, :PROMPT], tokens.audio)
    _assert_close(actual, expected[:, PROMPT - 1])


def test_the_legacy_graph_repeats_no_key_and_returns_only_new_rows(tiny_graphs: WrittenGraphs) -> None:
    spec, text = tiny_graphs.spec("decoder", "legacy", "float32"), tiny_graphs.config.text
    model = onnx.load(tiny_graphs.path(spec), load_external_data=False)
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    names = ["next_token", "logprob", "margin", "delta"]
    assert [tensor.name for tensor in spec.outputs] == names
    assert [value.name for value in inferred.output] == names
    # Scores against past and new keys, two sums of values; and no operator that could repeat the cache.
    products = [node for node in inferred.node if node.op_type == "MatMul"]
    assert len(products) == text.num_layers * (4 + 4) + 1
    assert not {"Expand", "Tile"} & {node.op_type for node in inferred.node}


def test_numbers_of_the_legacy_graph_fit_int32(tiny_graphs: WrittenGraphs) -> None:
    graph = onnx.load(
        tiny_graphs.path(tiny_graphs.spec("decoder", "legacy", "float32")), load_external_data=False
    ).graph
    values = [attribute.t for node in graph.node for attribute in node.attribute if attribute.name == "value"]
    stored = [
        tensor for tensor in (*values, *graph.initializer) if tensor.data_type == onnx.TensorProto.INT64
    ]
    numbers = {int(number) for tensor in stored for number in onnx.numpy_helper.to_array(tensor).ravel()}
    # The end of a slice that goes to the end, which every back end narrows to its own largest number.
    assert max(numbers - {np.iinfo(np.int64).max}) == 1 << 30


@torch.inference_mode()
def test_the_encoder_equals_transformers(tiny_graphs: WrittenGraphs, lowering: Lowering) -> None:
    audio, rng = tiny_graphs.config.audio, np.random.default_rng(3)
    mel = rng.standard_normal((1, audio.num_mel_bins, 2 * audio.window_frames), dtype=np.float32)
    model = load_model(tiny_graphs.checkpoint)
    # 350 frames of the second window are audio: three chunks of 13 tokens, and 50 frames in 7.
    frames, tokens_per_window = audio.window_frames + 350, 13 * audio.window_chunks
    mel[:, :, frames:] = 0
    mask = (torch.arange(mel.shape[2])[None] < frames).long()
    expected = model.get_audio_features(torch.from_numpy(mel), mask).pooler_output.numpy()
    windows = mel.reshape(audio.num_mel_bins, 2, audio.window_frames).transpose(1, 0, 2)
    key_mask = np.arange(tokens_per_window) < np.array([[tokens_per_window], [3 * 13 + 7]])
    feeds = {"mel_windows": windows, "key_mask": key_mask}
    (actual,) = tiny_graphs.session("encoder", lowering).run(None, feeds)
    _assert_close(actual[key_mask], expected)


def test_a_window_without_audio_stays_finite(tiny_graphs: WrittenGraphs) -> None:
    mel = np.zeros((2, tiny_graphs.config.audio.num_mel_bins, 100), np.float32)
    key_mask = np.array([[True] * 13, [False] * 13])
    (actual,) = tiny_graphs.session("encoder", "legacy").run(None, {"mel_windows": mel, "key_mask": key_mask})
    assert np.isfinite(actual).all()


def test_the_aligner_equals_transformers(tiny_aligner_graphs: WrittenGraphs, lowering: Lowering) -> None:
    tokens = Tokens(tiny_aligner_graphs)
    model = load_model(tiny_aligner_graphs.checkpoint)
    slots = np.array([[2, 9, 15], [1, 4, 4], [15, 0, 7]])
    reference = _reference(model, tokens.ids, tokens.rows, tokens.audio)
    expected = np.take_along_axis(reference, slots[..., None], axis=1)
    feeds = {"input_ids": tokens.ids, "audio_index": tokens.rows, "audio_embeds": tokens.audio}
    outputs = tiny_aligner_graphs.session("aligner", lowering).run(None, {**feeds, "slot_index": slots})
    _assert_close(outputs[2], expected)
    np.testing.assert_array_equal(outputs[0], expected.argmax(axis=-1))
    shifted = expected - expected.max(axis=-1, keepdims=True)
    np.testing.assert_allclose(outputs[1], -np.log(np.exp(shifted).sum(axis=-1)), atol=1e-5)
