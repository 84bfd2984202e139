"""A tokenizer as the original layout stores it: vocabulary, merges and settings apart."""

from __future__ import annotations

import json
from pathlib import Path


def split_tokenizer(source: Path, directory: Path) -> Path:
    """Split the `tokenizer.json` of a folder into the files of the original layout."""
    directory.mkdir(parents=True, exist_ok=True)
    whole = json.loads((source / "tokenizer.json").read_text("utf-8"))
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in whole["model"]["merges"]]
    added = {str(token.pop("id")): token for token in whole["added_tokens"]}
    (directory / "vocab.json").write_text(json.dumps(whole["model"]["vocab"]), "utf-8")
    (directory / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", "utf-8")
    settings = {"added_tokens_decoder": added, "tokenizer_class": "Qwen2Tokenizer"}
    (directory / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    return directory
