"""The ids of a corpus as a file that workers map: the text is read where the command runs, once, and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from lpzero.engines import Engine, Shared
from lpzero.engines.engine import Arrays
from lpzero.errors import LpzeroError
from lpzero.files import PART, replacing
from lpzero.tables.recipe import Recipe
from lpzero.training.corpus import Corpus

# what a killed process leaves is removed with all that is not yet whole
NAME = f".corpus{PART}"


@contextmanager
def shared_corpus(corpus: Corpus, folder: Path, engine: Engine) -> Iterator[Shared]:
    """Let all workers of an engine read the ids of a corpus, for the time of a block.

    Args:
        corpus: The corpus.
        folder: Where its ids lie in a file meanwhile; made where it is not there.
        engine: Whose workers.

    Yields:
        The arrays ``train`` and ``validation``, both (tokens,).

    Raises:
        LpzeroError: The file cannot be written.
    """
    path = folder / NAME
    # how many are trained on stands before all of them
    ids = np.concatenate([[len(corpus.train)], corpus.train, corpus.validation])
    try:
        with replacing(path) as file:
            np.save(file, ids.astype(np.min_scalar_type(int(ids.max()))), allow_pickle=False)
    except OSError as err:
        raise LpzeroError(f"{folder} cannot be written: {err.strerror or err}") from err
    try:
        yield engine.share(path, _load)
    finally:
        # some systems keep a file while a worker maps it
        with suppress(PermissionError):
            path.unlink()


def _load(path: Path) -> Arrays:
    ids = np.load(path, mmap_mode="r", allow_pickle=False)
    cut = 1 + int(ids[0])
    return {"train": ids[1:cut], "validation": ids[cut:]}


def corpus_of(shared: Shared, recipe: Recipe) -> Corpus:
    """The corpus that a recipe was written for, from its ids."""
    ids = shared.arrays()
    return Corpus(
        train=ids["train"],
        validation=ids["validation"],
        tokens=recipe.tokens,
        vocabulary=recipe.vocabulary,
        tokenizer_sha256=recipe.tokenizer_sha256,
        train_sha256=recipe.train_sha256,
        validation_sha256=recipe.validation_sha256,
    )
