"""Token ids equal those of transformers, and the prompt's those of the model's documentation."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import Qwen2Tokenizer

from edge_export.checkpoint.config_file import read_config
from edge_export.checkpoint.languages import CODES
from edge_export.checkpoint.prompt import derive_languages, derive_prompt
from edge_export.checkpoint.tokenizer import load_tokenizer
from edge_runtime.errors import CheckpointError
from edge_runtime.text.detokenizer import Detokenizer

TEXTS = [
    "",
    " ",
    "Hello, world.",
    "iPhone GitHub JavaScript PostgreSQL camelCaseWord",
    "don't I'LL we'Ve",
    "1234567890 3.14 ½ ٣",
    "สวัสดีครับ",
    "你好，世界。今天天气怎么样？",
    "مرحبا بالعالم",
    "Привет, мир! Ёлка é vs é",
    "  two  spaces\n\nand\r\nlines\t\ttabs ",
    "👩‍👩‍👧‍👦🇩🇪 emoji",
    "<|im_start|>system\n<|im_end|><asr_text>x<|audio_pad|>",
    "language Chinese<asr_text>",
    "\u0000\ufffd\u200b",
]


def _transformers_tokenizer(directory: Path) -> Qwen2Tokenizer:
    return Qwen2Tokenizer.from_pretrained(directory)


@pytest.mark.filterwarnings("ignore:Deprecated in 0.9.0:DeprecationWarning")  # transformers 5.13's own call
def test_ids_of_the_original_layout_equal_transformers(split_tokenizer: Path) -> None:
    ours, theirs = load_tokenizer(split_tokenizer), _transformers_tokenizer(split_tokenizer)
    for text in TEXTS:
        assert list(ours.encode(text)) == theirs(text)["input_ids"], text


def test_both_layouts_give_the_same_ids(tiny_checkpoints: dict[str, Path]) -> None:
    hf, original = (load_tokenizer(tiny_checkpoints[layout]) for layout in ("hf", "original"))
    assert hf.special_ids() == original.special_ids()
    for text in TEXTS:
        assert hf.encode(text) == original.encode(text), text


def test_a_tokenizer_json_is_copied_byte_for_byte(tiny_checkpoints: dict[str, Path]) -> None:
    directory = tiny_checkpoints["hf"]
    assert load_tokenizer(directory).to_json() == (directory / "tokenizer.json").read_text("utf-8")


@given(text=st.text(max_size=40))
def test_decoding_what_was_encoded_gives_it_back(split_tokenizer: Path, text: str) -> None:
    tokenizer = Tokenizer.from_str(load_tokenizer(split_tokenizer).to_json())
    normal = tokenizer.normalizer.normalize_str(text)
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == normal


@pytest.mark.filterwarnings("ignore:Deprecated in 0.9.0:DeprecationWarning")  # transformers 5.13's own call
def test_ids_of_the_released_tokenizer_equal_transformers(released: Path) -> None:
    directory = released / "Qwen3-ASR-0.6B"
    ours, theirs = load_tokenizer(directory), _transformers_tokenizer(directory)
    for text in TEXTS:
        assert list(ours.encode(text)) == theirs(text)["input_ids"], text
    # Mistral's expression, which the official package uses for local folders, would give 2.
    assert len(ours.encode("iPhone")) == 1


def test_released_prompt_ids_are_the_documented_ones(released: Path) -> None:
    directory = released / "Qwen3-ASR-0.6B"
    prompt = derive_prompt(load_tokenizer(directory), read_config(directory))
    assert prompt.before_context == (151644, 8948, 198)
    assert prompt.before_audio == (151645, 198, 151644, 872, 198, 151669)
    assert prompt.audio_id == 151676
    assert prompt.after_audio == (151670, 151645, 198, 151644, 77091, 198)
    assert (prompt.text_tag_id, prompt.eos_ids) == (151704, (151643, 151645))
    assert not set(prompt.special_ids) & {151657, 151675, 151704, 151705}
    assert {151643, 151669, 151676, 151703} <= set(prompt.special_ids)


def test_released_languages_are_the_documented_ones(released: Path) -> None:
    directory = released / "Qwen3-ASR-0.6B"
    languages = derive_languages(load_tokenizer(directory), read_config(directory))
    forced = {language.name: language.force_ids for language in languages}
    assert len(languages) == 30
    assert forced["English"] == (11528, 6364, 151704)
    assert forced["Cantonese"] == (11528, 72366, 2367, 151704)
    assert forced["Macedonian"] == (11528, 56452, 75491, 151704)
    assert {language.code for language in languages} == set(CODES.values())


def test_stops_are_found_by_name_where_no_configuration_names_them(tiny_checkpoints: dict[str, Path]) -> None:
    tokenizer = load_tokenizer(tiny_checkpoints["hf"])
    config = replace(read_config(tiny_checkpoints["hf"]), eos_ids=())
    stops = (tokenizer.id_of("<|endoftext|>"), tokenizer.id_of("<|im_end|>"))
    assert derive_prompt(tokenizer, config).eos_ids == stops


def test_a_tokenizer_of_another_checkpoint_is_refused(tiny_checkpoints: dict[str, Path]) -> None:
    config = replace(read_config(tiny_checkpoints["hf"]), audio_token_id=7)
    with pytest.raises(CheckpointError, match="audio_token_id is 7"):
        derive_prompt(load_tokenizer(tiny_checkpoints["hf"]), config)


def test_a_tokenizer_without_prompt_tokens_is_refused(hf_copy: Path) -> None:
    path = hf_copy / "tokenizer.json"
    path.write_text(path.read_text("utf-8").replace("<|audio_start|>", "<|sound_start|>"), "utf-8")
    with pytest.raises(CheckpointError, match=r"no token '<\|audio_start\|>'"):
        derive_prompt(load_tokenizer(hf_copy), read_config(hf_copy))


@pytest.mark.parametrize("missing", ["vocab.json", "merges.txt", "tokenizer_config.json"])
def test_a_missing_part_is_named(split_tokenizer: Path, tmp_path: Path, missing: str) -> None:
    copy = shutil.copytree(split_tokenizer, tmp_path / "copy")
    (copy / missing).unlink()
    with pytest.raises(CheckpointError, match=f"no tokenizer here.*{missing}"):
        load_tokenizer(copy)


def test_added_tokens_with_gaps_are_refused(split_tokenizer: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(split_tokenizer, tmp_path / "copy")
    path = copy / "tokenizer_config.json"
    settings = json.loads(path.read_text("utf-8"))
    del settings["added_tokens_decoder"][min(settings["added_tokens_decoder"])]
    path.write_text(json.dumps(settings), "utf-8")
    with pytest.raises(CheckpointError, match="without a gap"):
        load_tokenizer(copy)


def test_a_damaged_tokenizer_is_refused(hf_copy: Path) -> None:
    (hf_copy / "tokenizer.json").write_text("{}")
    with pytest.raises(CheckpointError, match="tokenizer cannot be read"):
        load_tokenizer(hf_copy)


def test_the_runtime_reads_a_released_vocabulary_like_the_library(released: Path, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(load_tokenizer(released / "Qwen3-ASR-0.6B").to_json(), "utf-8")
    library, vocabulary = Tokenizer.from_file(str(path)), Detokenizer(path, ())
    ids = [[token_id] for token_id in range(library.get_vocab_size())]
    assert [vocabulary.decode(each) for each in ids] == library.decode_batch(ids, skip_special_tokens=False)


def test_a_language_that_fine_tuning_added_is_kept_by_name(original_copy: Path) -> None:
    path = original_copy / "config.json"
    config = json.loads(path.read_text("utf-8"))
    config["support_languages"] = ["English", "Ukrainian"]
    path.write_text(json.dumps(config), "utf-8")
    tokenizer = load_tokenizer(original_copy)
    english, ukrainian = derive_languages(tokenizer, read_config(original_copy))
    assert (english.code, ukrainian.name, ukrainian.code) == ("en", "Ukrainian", None)
    assert ukrainian.force_ids == tokenizer.encode("language Ukrainian<asr_text>")
