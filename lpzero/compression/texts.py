"""Text to look at a checkpoint with: files of UTF-8, as windows of token ids."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from lpzero.compression.cutting.families import Objective
from lpzero.compression.cutting.freed import give_back
from lpzero.errors import InputError
from lpzero.seeds import derived_seed

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

WINDOW = 256
"""Tokens of a window, unless asked for others."""
LEAST_WINDOWS = 2
HELD_OUT_SHARE = 0.1
MASKED_SHARE = 0.15
IGNORED = -100
"""The label of a position at which nothing is predicted, as PyTorch has it."""


@dataclass(frozen=True)
class Tokens:
    """A text as token ids.

    Attributes:
        name: Of its file.
        ids: (tokens,) integers.
        bytes: Of the text in UTF-8.
        sha256: Of its bytes.
    """

    name: str
    ids: Tensor
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Windows:
    """Stretches of one text, each by itself.

    Attributes:
        name: Of the text.
        inputs: (windows, tokens) ids.
        labels: (windows, tokens) what is predicted at each position, or ``IGNORED``.
    """

    name: str
    inputs: Tensor
    labels: Tensor

    @property
    def predicted(self) -> int:
        """Positions at which something is predicted."""
        return int((self.labels != IGNORED).sum())


def read_text(path: Path) -> str:
    """Read a file of UTF-8 text.

    Raises:
        InputError: It is missing, unreadable, empty, or no text.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as err:
        raise InputError(f"text {path}: expected a file of UTF-8 text, found none") from err
    except OSError as err:
        raise InputError(f"text {path}: expected a readable file of UTF-8 text: {err.strerror or err}") from err
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise InputError(f"text {path}: expected UTF-8 text, found other bytes at {err.start}") from err
    if "\0" in text:
        raise InputError(f"text {path}: expected UTF-8 text, found a zero byte at {content.index(0)}: it is binary")
    if not text.strip():
        raise InputError(f"text {path}: expected text, found an empty file")
    return text


def halves(text: str, share: float = HELD_OUT_SHARE) -> tuple[str, str]:
    """A text and its end, which is not looked at before.

    >>> halves("0123456789")
    ('012345678', '9')
    """
    end = len(text) - max(1, int(len(text) * share))
    return text[:end], text[end:]


def tokenised(tokenizer: PreTrainedTokenizerBase, text: str, name: str) -> Tokens:
    """Make ids of a text, without those that a tokenizer puts around one."""
    # a whole text is longer than a model's context, of which the tokenizer would warn
    ids = tokenizer(text, add_special_tokens=False, verbose=False).input_ids
    content = text.encode()
    # a tokenizer's own account of a long text takes a hundred times the memory of the ids
    give_back()
    return Tokens(name, torch.tensor(ids, dtype=torch.long), len(content), hashlib.sha256(content).hexdigest())


def windows(tokens: Tokens, number: int, length: int = WINDOW) -> Tensor:
    """Cut windows from the beginning of a text, one after the other.

    Args:
        tokens: The text.
        number: Windows at most; a shorter text has fewer.
        length: Tokens of each, at least 2.

    Returns:
        (windows, length) ids.

    Raises:
        InputError: The text is shorter than two windows.
    """
    found = min(number, len(tokens.ids) // length)
    if found < LEAST_WINDOWS:
        raise InputError(
            f"text {tokens.name}: expected at least {LEAST_WINDOWS * length} tokens, {LEAST_WINDOWS} windows of "
            f"{length}, found {len(tokens.ids)}: give a longer text, or a smaller `context`"
        )
    return tokens.ids[: found * length].view(found, length)


def longest_context(config: Any) -> int | None:
    """The most tokens that a model reads at once, by its configuration; None where that does not say."""
    longest = getattr(config, "max_position_embeddings", None)
    if not isinstance(longest, int):
        return None
    # positions of RoBERTa begin behind that of the padding
    padding = getattr(config, "pad_token_id", None) if config.model_type == "roberta" else None
    return longest if padding is None else longest - padding - 1


def check_context(context: int, config: Any) -> None:
    """Raise InputError where a model does not read windows of so many tokens."""
    longest = longest_context(config)
    if longest is not None and context > longest:
        raise InputError(f"`context`: expected at most the model's {longest} tokens, found {context}")


def check_ids(tokens: Tokens, config: Any) -> Tokens:
    """The same tokens; raises InputError where a model has no embedding for one of them."""
    highest = int(tokens.ids.max()) if len(tokens.ids) else 0
    if highest >= config.vocab_size:
        raise InputError(
            f"text {tokens.name}: expected tokens below the model's {config.vocab_size}, found {highest}: the "
            "tokenizer in the folder is that of another model"
        )
    return tokens


def check_other(looked_at: str, text: str, name: str) -> None:
    """Raise InputError where a text to measure losses on is the one that is looked at."""
    if text == looked_at:
        raise InputError(
            f"`check` {name}: expected another text than the one that is looked at, found the same: it proves nothing"
        )


def to_predict(name: str, ids: Tensor, objective: Objective, mask: int | None, seed: int = 0) -> Windows:
    """Put the question that a model was trained on to windows.

    Args:
        name: Of the text.
        ids: (windows, tokens) ids.
        objective: ``"causal"`` for the next token at each position, ``"masked"`` for those that were masked.
        mask: The id of the mask; needed for ``"masked"`` alone.
        seed: Of what is masked, 15 in a hundred.

    Raises:
        InputError: There is no mask where one is needed.
    """
    if objective == "causal":
        labels = torch.full_like(ids, IGNORED)
        labels[:, :-1] = ids[:, 1:]
        return Windows(name, ids, labels)
    if mask is None:
        raise InputError("expected a tokenizer with a mask for a model with a masked loss, found none")
    generator = torch.Generator().manual_seed(derived_seed(seed, "mask", name))
    hidden = torch.rand(ids.shape, generator=generator) < MASKED_SHARE
    # a window in which nothing is asked has no loss
    hidden[:, ids.shape[1] // 2] = True
    return Windows(name, ids.masked_fill(hidden, mask), ids.masked_fill(~hidden, IGNORED))


def read_tokenizer(folder: Path) -> Any:
    """The tokenizer that lies in the folder of a checkpoint.

    Raises:
        InputError: There is none, or it is damaged.
    """
    from transformers import AutoTokenizer

    from lpzero.settings import reason_of

    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as err:
        # transformers has no error of its own for it
        raise InputError(
            f"{folder}: expected the checkpoint's tokenizer beside it, found none that can be read: {reason_of(err)}"
        ) from err
