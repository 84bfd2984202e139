"""Small random checkpoints in both layouts, their graphs, bundles and build options."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

# Read by the hub client when it is imported: no test may depend on a network.
os.environ["HF_HUB_OFFLINE"] = "1"

from edge_export.checkpoint.config import AudioConfig, Layout, ModelConfig, TextConfig, read_config
from edge_export.checkpoint.dummy import write_dummy_checkpoint
from edge_export.checkpoint.weights import open_weights
from edge_export.graph_spec import decoder_spec
from edge_export.graphs.export_config import FLOAT
from edge_export.graphs.write import write_graph, write_parity_graph
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import BuildResult, build
from tests.export.support.copied_stages import copy_stages
from tests.export.support.written_graphs import WrittenGraphs
from tests.support.released import unpack_released

ROOT = Path(__file__).parents[2]
MINI = ROOT / "engines" / "checkpoints" / "mini"

AUDIO = AudioConfig(
    d_model=64,
    num_layers=2,
    num_heads=4,
    ffn_dim=128,
    output_dim=64,
    num_mel_bins=128,
    conv_channels=16,
    chunk_frames=100,
    window_frames=800,
)
TEXT = TextConfig(
    hidden_size=64,
    num_layers=2,
    num_heads=4,
    num_kv_heads=2,
    head_dim=32,
    intermediate_size=128,
    vocab_size=1216,
    max_positions=4096,
    rope_theta=1e6,
    rms_norm_eps=1e-6,
)


class Lines:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.progressed: list[str] = []
        self.warned: list[str] = []

    def progress(self, text: str) -> None:
        self.progressed.append(text)

    def warn(self, text: str) -> None:
        self.warned.append(text)


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture(scope="session")
def split_tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mini tokenizer as the original layout stores it: vocabulary, merges and settings apart."""
    directory = tmp_path_factory.mktemp("tokenizer")
    whole = json.loads((MINI / "tokenizer.json").read_text("utf-8"))
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in whole["model"]["merges"]]
    added = {str(token.pop("id")): token for token in whole["added_tokens"]}
    (directory / "vocab.json").write_text(json.dumps(whole["model"]["vocab"]), "utf-8")
    (directory / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", "utf-8")
    settings = {"added_tokens_decoder": added, "tokenizer_class": "Qwen2Tokenizer"}
    (directory / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    return directory


@pytest.fixture(scope="session")
def tiny_checkpoints(tmp_path_factory: pytest.TempPathFactory, split_tokenizer: Path) -> dict[Layout, Path]:
    """Equal weights in both layouts, the original one in three shards; read only."""
    root = tmp_path_factory.mktemp("tiny-checkpoints")
    write_dummy_checkpoint(AUDIO, TEXT, layout="hf", tokenizer=MINI, output=root / "hf")
    original = root / "original"
    write_dummy_checkpoint(
        AUDIO, TEXT, layout="original", tokenizer=split_tokenizer, output=original, shards=3
    )
    return {"hf": root / "hf", "original": original}


@pytest.fixture(scope="session")
def tiny_aligners(tmp_path_factory: pytest.TempPathFactory, split_tokenizer: Path) -> dict[Layout, Path]:
    """Forced aligners with equal weights in both layouts, the original one in two shards; read only."""
    root = tmp_path_factory.mktemp("tiny-aligners")
    original = root / "original"
    write_dummy_checkpoint(AUDIO, TEXT, layout="hf", tokenizer=MINI, output=root / "hf", num_classes=300)
    write_dummy_checkpoint(
        AUDIO,
        TEXT,
        layout="original",
        tokenizer=split_tokenizer,
        output=original,
        shards=2,
        num_classes=300,
    )
    return {"hf": root / "hf", "original": original}


@pytest.fixture(scope="session")
def tiny_graphs(
    tiny_checkpoints: dict[Layout, Path], tmp_path_factory: pytest.TempPathFactory
) -> WrittenGraphs:
    """The tiny checkpoint's graphs, each written when a test first asks for it."""
    return WrittenGraphs(tiny_checkpoints["hf"], tmp_path_factory.mktemp("tiny-graphs"))


@pytest.fixture(scope="session")
def config(tiny_checkpoints: dict[Layout, Path]) -> ModelConfig:
    """Configuration of the tiny checkpoint."""
    return read_config(tiny_checkpoints["hf"])


@pytest.fixture(scope="session")
def folder(
    tiny_checkpoints: dict[Layout, Path], config: ModelConfig, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The tiny checkpoint's float32 graphs and the one with logits, side by side; read only."""
    directory = tmp_path_factory.mktemp("graphs")
    weights = open_weights(tiny_checkpoints["hf"], config)
    for spec in FLOAT.specs(config):
        write_graph(spec, config, weights, directory)
    write_parity_graph(decoder_spec(config.text), directory)
    return directory


@pytest.fixture(scope="session")
def tiny_aligner_graphs(
    tiny_aligners: dict[Layout, Path], tmp_path_factory: pytest.TempPathFactory
) -> WrittenGraphs:
    """The tiny aligner's graphs, each written when a test first asks for it."""
    return WrittenGraphs(tiny_aligners["hf"], tmp_path_factory.mktemp("tiny-aligner-graphs"))


@pytest.fixture(scope="session")
def built_aligner(tiny_aligners: dict[Layout, Path], tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    """A bundle of the tiny aligner in the original layout; read only."""
    output = tmp_path_factory.mktemp("built-aligner") / "tiny"
    return build(BuildOptions(model=str(tiny_aligners["original"]), output=output), Lines())


@pytest.fixture
def hf_aligner_copy(tiny_aligners: dict[Layout, Path], tmp_path: Path) -> Path:
    """A forced aligner of the -hf layout to break."""
    return Path(shutil.copytree(tiny_aligners["hf"], tmp_path / "hf-aligner"))


@pytest.fixture
def hf_copy(tiny_checkpoints: dict[Layout, Path], tmp_path: Path) -> Path:
    """A checkpoint of the -hf layout to break."""
    return Path(shutil.copytree(tiny_checkpoints["hf"], tmp_path / "hf"))


@pytest.fixture
def original_copy(tiny_checkpoints: dict[Layout, Path], tmp_path: Path) -> Path:
    """A checkpoint of the original layout to break."""
    return Path(shutil.copytree(tiny_checkpoints["original"], tmp_path / "original"))


@pytest.fixture(scope="session")
def built(tiny_checkpoints: dict[Layout, Path], tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    """A bundle of the tiny checkpoint in the original layout; read only."""
    output = tmp_path_factory.mktemp("built") / "tiny"
    return build(BuildOptions(model=str(tiny_checkpoints["original"]), output=output), Lines())


@pytest.fixture
def options(tiny_checkpoints: dict[Layout, Path], tmp_path: Path) -> BuildOptions:
    """A build of the bundle that `built` is; tests of other builds refine or replace it."""
    return BuildOptions(model=str(tiny_checkpoints["original"]), output=tmp_path / "out" / "tiny")


@pytest.fixture
def fake_stages(monkeypatch: pytest.MonkeyPatch, built: BuildResult) -> list[str]:
    """Stages that copy the finished bundle's files instead of computing them; the names of those run."""
    return copy_stages(monkeypatch, built.bundle)


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the released checkpoints' configuration and tokenizer files; read only."""
    return unpack_released(tmp_path_factory.mktemp("released") / "checkpoints")
