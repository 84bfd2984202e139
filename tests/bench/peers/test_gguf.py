"""A checkpoint's text decoder is read, named and written for GGUF as the formats have it."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from safetensors.torch import load_file

from edge_bench.peers.gguf_file import write_gguf
from edge_bench.peers.gguf_names import gguf_name, metadata
from edge_bench.peers.safetensors_file import read_tensors, text_config
from tests.conftest import MINI_CHECKPOINT


def test_every_tensor_of_the_text_decoder_has_a_name_in_gguf() -> None:
    names = [gguf_name(name) for name in load_file(MINI_CHECKPOINT / "model.safetensors")]
    actual = [name for name in names if name]
    layers = text_config(MINI_CHECKPOINT)["num_hidden_layers"]
    assert len(actual) == len(set(actual)) == 2 + 11 * layers
    assert {"token_embd.weight", "output_norm.weight", "blk.0.attn_q_norm.weight"} <= set(actual)
    assert gguf_name("thinker.model.layers.7.mlp.down_proj.weight") == "blk.7.ffn_down.weight"
    assert gguf_name("thinker.lm_head.weight") is None, "it is the embedding"
    assert gguf_name("thinker.audio_tower.layers.0.fc1.weight") is None


def test_settings_in_gguf_are_those_of_the_configuration() -> None:
    config = text_config(MINI_CHECKPOINT)
    actual = metadata(config)
    assert actual["qwen3.attention.head_count_kv"] == config["num_key_value_heads"]
    assert actual["qwen3.rope.freq_base"] == 1e6
    assert metadata({**config, "rope_theta": 5e5})["qwen3.rope.freq_base"] == 5e5


def test_tensors_are_read_as_safetensors_reads_them() -> None:
    expected = load_file(MINI_CHECKPOINT / "model.safetensors")
    actual = dict(read_tensors(MINI_CHECKPOINT))
    assert set(actual) == set(expected)
    for name, values in actual.items():
        assert np.array_equal(values, expected[name].float().numpy()), name


def test_a_gguf_file_holds_the_decoder(tmp_path: Path) -> None:
    write_gguf(MINI_CHECKPOINT, tmp_path / "mini.gguf")
    assert [path.name for path in tmp_path.iterdir()] == ["mini.gguf"]
    reader = gguf.GGUFReader(tmp_path / "mini.gguf")
    assert reader.get_field("general.architecture").contents() == "qwen3"
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    for name, values in read_tensors(MINI_CHECKPOINT):
        if target := gguf_name(name):
            tensor = tensors.pop(target)
            expected = values if values.ndim == 1 else values.astype(np.float16)
            np.testing.assert_array_equal(tensor.data, expected)
    assert not tensors
