"""A corpus: text as token ids, a part to train on and a part to validate on, known by hashes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lpzero.errors import InputError
from lpzero.spaces.own import BYTE_VOCABULARY, LARGEST_VOCABULARY, MASK

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BYTES = "bytes"
MASK_NAME = "[MASK]"
VALIDATION_SHARE = 0.1
_PAIRS = re.compile(r"bpe:([1-9][0-9]{0,5})")


@dataclass(frozen=True)
class CorpusFiles:
    """Where a corpus is.

    Attributes:
        corpus: The text to train on.
        validation: The text to validate on; None for the last tenth of ``corpus``.
        tokens: How text becomes ids.
    """

    corpus: Path
    validation: Path | None
    tokens: str


@dataclass(frozen=True)
class Corpus:
    """Token ids of a text.

    Attributes:
        train: (tokens,) integers, what models are trained on.
        validation: (tokens,) integers, what their loss is measured on.
        tokens: How text became ids: ``"bytes"`` or ``"bpe:N"``.
        vocabulary: Number of ids; id 0 is the mask and occurs in no text.
        tokenizer_sha256: SHA-256 of what maps text to ids.
        train_sha256: SHA-256 of the bytes of the training text.
        validation_sha256: SHA-256 of the bytes of the validation text.
    """

    train: npt.NDArray[np.integer]
    validation: npt.NDArray[np.integer]
    tokens: str
    vocabulary: int
    tokenizer_sha256: str
    train_sha256: str
    validation_sha256: str

    @property
    def unigram_entropy(self) -> float:
        """Entropy of the training ids, in nats a token: the loss of a model that ignores the context."""
        counts = np.bincount(self.train)
        shares = counts[counts > 0] / len(self.train)
        return float(-(shares * np.log(shares)).sum())


def read_corpus(path: Path, *, validation: Path | None = None, tokens: str = BYTES) -> Corpus:
    """Read a corpus of UTF-8 text.

    Args:
        path: The text to train on.
        validation: The text to validate on; None for the last tenth of ``path``, which is then not trained on.
        tokens: ``"bytes"``, or ``"bpe:N"`` for a byte-level byte-pair encoding of N ids that is trained on the
            training text (with the library tokenizers).

    Raises:
        InputError: A file is missing, unreadable or no UTF-8, ``tokens`` is neither, or the training text has too
            few pairs for N ids.
    """
    pairs = _pairs(tokens)
    text = _read(path)
    if validation is None:
        # cut between characters: half of one would be no text
        cut = len(text) - max(1, int(len(text) * VALIDATION_SHARE)) if len(text) > 1 else len(text)
        train, held = text[:cut], text[cut:]
    else:
        train, held = text, _read(validation)
    hashes = _sha256(train.encode()), _sha256(held.encode())
    if pairs is None:
        digest = _sha256(b"id 0 is the mask, byte b is id b + 1")
        return Corpus(_bytes(train), _bytes(held), tokens, BYTE_VOCABULARY, digest, *hashes)
    tokenizer = _train_pairs(train, pairs)
    found = tokenizer.get_vocab_size()
    if found < pairs:
        instead = f"bpe:{found}" if found > BYTE_VOCABULARY else BYTES
        raise InputError(f"corpus {path}: expected text for {pairs} ids, found {found} in it: use `tokens` {instead}")
    encoded = [np.array(tokenizer.encode(part).ids, dtype=np.int64) for part in (train, held)]
    digest = _sha256(tokenizer.to_str().encode())
    return Corpus(encoded[0], encoded[1], tokens, found, digest, *hashes)


def _pairs(tokens: str) -> int | None:
    if tokens == BYTES:
        return None
    named = _PAIRS.fullmatch(tokens)
    if named and BYTE_VOCABULARY < int(named[1]) <= LARGEST_VOCABULARY:
        return int(named[1])
    raise InputError(
        f"tokens: expected {BYTES}, or bpe:N with N from {BYTE_VOCABULARY + 1} to {LARGEST_VOCABULARY}, "
        f"found {tokens!r}"
    )


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as err:
        raise InputError(f"corpus {path}: expected a file of UTF-8 text, found none") from err
    except UnicodeDecodeError as err:
        raise InputError(f"corpus {path}: expected UTF-8 text, found other bytes at {err.start}") from err
    except OSError as err:
        raise InputError(f"corpus {path}: expected a readable file of UTF-8 text: {err.strerror or err}") from err


def _bytes(text: str) -> npt.NDArray[np.int64]:
    return np.frombuffer(text.encode(), dtype=np.uint8).astype(np.int64) + 1 + MASK


@lru_cache(maxsize=2)
def _train_pairs(text: str, size: int) -> Tokenizer:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[MASK_NAME],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # the mask's name in a text is text
    tokenizer.encode_special_tokens = True
    tokenizer.train_from_iterator(text.splitlines(keepends=True), trainer)
    return tokenizer


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
