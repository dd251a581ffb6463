"""The tokenizer of a checkpoint in the words of GGUF: byte-level byte-pair encodings, as most checkpoints have one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpzero.errors import InputError
from lpzero.settings import read_document, reason_of, shorten

if TYPE_CHECKING:
    from gguf import GGUFWriter

TOKENIZER = "tokenizer.json"
_QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_SPLITS = {
    # how a text is cut before pairs are joined, by what llama.cpp calls it
    _QWEN2: "qwen2",
    _QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|"): "llama-bpe",
}


def write_tokenizer(writer: GGUFWriter, folder: Path, vocabulary: int) -> None:
    """Add the tokenizer of a folder: tokens, merges, special tokens, chat template.

    Args:
        writer: Of a file whose header is not written yet.
        folder: The folder of the checkpoint, with ``tokenizer.json``.
        vocabulary: Ids of the model; those that the tokenizer does not have are said to be unused.

    Raises:
        InputError: There is none, or not a kind that GGUF has a name for here.
    """
    from gguf import SpecialVocab

    path = folder / TOKENIZER
    document: dict[str, Any] = read_document(path)
    kind = pre_tokenizer(document, path)
    tokens, types = _tokens(document, path, vocabulary)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(kind)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    try:
        SpecialVocab(folder, load_merges=True, n_vocab=vocabulary).add_to_gguf(writer, quiet=True)
    except Exception as err:
        # the library checks little of what it reads, and has no error of its own
        raise InputError(f"{path}: expected merges and special tokens, found others: {reason_of(err)}") from err


def pre_tokenizer(document: dict[str, Any], path: Path) -> str:
    """What llama.cpp calls the way in which a tokenizer cuts text before it joins pairs.

    Args:
        document: What stands in ``tokenizer.json``.
        path: Its path, for messages.

    Raises:
        InputError: It is no byte-level encoding, or cuts in a way that has no name here.
    """
    model, before = document.get("model"), document.get("pre_tokenizer")
    if isinstance(model, dict) and model.get("type") == "BPE" and isinstance(before, dict):
        steps = before.get("pretokenizers") if before.get("type") == "Sequence" else [before]
        found = _name(steps) if isinstance(steps, list) else None
        if found is not None:
            return found
    raise InputError(
        f"{path}: `form` gguf: expected a byte-level encoding that cuts text as those of gpt-2, smollm, qwen2 or "
        f"llama-bpe do, found {shorten(json.dumps(before), 120)}"
    )


def _name(steps: list[Any]) -> str | None:
    kinds = [step.get("type") if isinstance(step, dict) else None for step in steps]
    if kinds[-1:] != ["ByteLevel"] or steps[-1].get("add_prefix_space"):
        return None
    if kinds == ["ByteLevel"] and steps[0].get("use_regex", True):
        return "gpt-2"
    if kinds == ["Digits", "ByteLevel"] and steps[0].get("individual_digits") and steps[1].get("use_regex", True):
        return "smollm"
    if kinds == ["Split", "ByteLevel"]:
        pattern = steps[0].get("pattern")
        return _SPLITS.get(str(pattern.get("Regex"))) if isinstance(pattern, dict) else None
    return None


def _tokens(document: dict[str, Any], path: Path, vocabulary: int) -> tuple[list[str], list[int]]:
    """The token of each id, and what it is."""
    from gguf import TokenType

    tokens = [f"[PAD{index}]" for index in range(vocabulary)]
    types = [int(TokenType.UNUSED)] * vocabulary
    try:
        plain = [(int(index), str(token), TokenType.NORMAL) for token, index in document["model"]["vocab"].items()]
        added = [
            (int(one["id"]), str(one["content"]), TokenType.CONTROL if one["special"] else TokenType.USER_DEFINED)
            for one in document.get("added_tokens") or ()
        ]
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as err:
        raise InputError(
            f"{path}: expected a vocabulary and added tokens, found others: {reason_of(repr(err))}"
        ) from err
    for index, token, kind in (*plain, *added):
        if not 0 <= index < vocabulary:
            raise InputError(
                f"{path}: expected ids below {vocabulary}, the model's, found {index} for {shorten(token, 60)}"
            )
        tokens[index], types[index] = token, int(kind)
    return tokens, types
