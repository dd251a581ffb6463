"""The tokeniser in the folder of a checkpoint."""

from __future__ import annotations

from pathlib import Path

from lpzero.errors import LpzeroError

TOKENISER = "tokenizer.json"


def encoded(folder: Path, text: str) -> list[int]:
    """The ids of a text, without special ones.

    Args:
        folder: The folder of the checkpoint, with ``tokenizer.json`` as transformers saves it.
        text: Any text.

    Raises:
        LpzeroError: The file is not there, or damaged.
    """
    from tokenizers import Tokenizer

    path = folder / TOKENISER
    if not path.is_file():
        raise LpzeroError(f"{path}: no such file: the loss on text needs the tokeniser of the checkpoint")
    try:
        tokeniser = Tokenizer.from_file(str(path))
    except Exception as err:  # what the library raises has no class of its own
        raise LpzeroError(f"{path}: no tokeniser can be read from it: {err}") from None
    return list(tokeniser.encode(text, add_special_tokens=False).ids)
