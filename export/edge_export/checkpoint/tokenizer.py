"""The bundle's tokenizer.json: copied from the checkpoint, or built from vocab.json and merges.txt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from edge_export.checkpoint.config_file import read_json
from edge_runtime.errors import CheckpointError
from edge_runtime.text.pre_tokenizer import PATTERN

if TYPE_CHECKING:
    from pathlib import Path

TOKENIZER_NAME: Final = "tokenizer.json"


class CheckpointTokenizer:
    """A checkpoint's tokenizer; looks up token ids by name."""

    def __init__(self, tokenizer: Tokenizer, json: str, directory: Path) -> None:
        self._tokenizer: Final = tokenizer
        self._json: Final = json
        self._directory: Final = directory

    def to_json(self) -> str:
        """Return the content of tokenizer.json."""
        return self._json

    def id_of(self, token: str) -> int:
        """Return the id of one token, named as it is written.

        Raises:
            CheckpointError: the tokenizer has no such token.
        """
        token_id = self._tokenizer.token_to_id(token)
        if token_id is None:
            raise CheckpointError(
                f"{self._directory}: its tokenizer has no token {token!r}, which Qwen3-ASR prompts need."
            )
        return int(token_id)

    def encode(self, text: str) -> tuple[int, ...]:
        """Return the ids of prompt text; markers in it become their own ids."""
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def special_ids(self) -> tuple[int, ...]:
        """Return the ids of the added tokens flagged special, in ascending order."""
        added = self._tokenizer.get_added_tokens_decoder()
        return tuple(sorted(token_id for token_id, token in added.items() if token.special))


def load_tokenizer(directory: Path) -> CheckpointTokenizer:
    """Read the tokenizer of a checkpoint folder in either layout.

    Raises:
        CheckpointError: its files are missing or cannot be read.
    """
    path = directory / TOKENIZER_NAME
    try:
        json = path.read_text("utf-8") if path.is_file() else _build(directory).to_str(pretty=True)
        return CheckpointTokenizer(Tokenizer.from_str(json), json, directory)
    except CheckpointError:
        raise
    except Exception as error:  # the tokenizers library raises plain Exception
        raise CheckpointError(f"{directory}: its tokenizer cannot be read ({error}).") from error


def _build(directory: Path) -> Tokenizer:
    """Assemble a tokenizer from vocab.json, merges.txt and tokenizer_config.json.

    Source: `Qwen2Tokenizer` of transformers 5.23.0.
    """
    parts = [directory / name for name in ("vocab.json", "merges.txt", "tokenizer_config.json")]
    missing = [path.name for path in parts if not path.is_file()]
    if missing:
        raise CheckpointError(
            f"{directory}: no tokenizer here: neither {TOKENIZER_NAME} nor {', '.join(missing)}. "
            f"Copy it from the base model if this one is fine-tuned, or fetch the checkpoint again."
        )
    vocab, merges, settings = parts
    tokenizer = Tokenizer(models.BPE.from_file(str(vocab), str(merges)))
    tokenizer.normalizer = normalizers.NFC()
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    # The official package swaps Qwen2's expression for Mistral's when it loads a local folder, which splits
    # camelCase words and Thai differently from the tokenizer the model was trained with.
    split = pre_tokenizers.Split(Regex(PATTERN), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens(_added_tokens(settings, tokenizer.get_vocab_size()))
    return tokenizer


def _added_tokens(settings: Path, first_id: int) -> list[AddedToken]:
    """Return the added tokens in the order of their ids.

    Raises:
        CheckpointError: their ids do not follow the vocabulary without a gap, so they could not be kept.
    """
    entries = read_json(settings).get("added_tokens_decoder", {})
    ids = sorted(map(int, entries))
    if ids != list(range(first_id, first_id + len(ids))):
        raise CheckpointError(
            f"{settings}: added tokens have ids {ids[:1]}…{ids[-1:]}, expected to follow the {first_id} base "
            f"entries without a gap. Fetch the checkpoint again."
        )
    fields = ("content", "lstrip", "rstrip", "normalized", "single_word", "special")
    return [AddedToken(**{field: entries[str(token_id)][field] for field in fields}) for token_id in ids]
