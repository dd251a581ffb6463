"""The ids that workers map: those of the corpus, gone behind the block, and a disk that is full said in a line."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from lpzero.engines import Serial
from lpzero.errors import LpzeroError
from lpzero.spaces import get_space
from lpzero.tables.recipe import Recipe
from lpzero.training.corpus import Corpus, read_corpus
from lpzero.training.scale import Scale, recipe
from lpzero.training.token_file import corpus_of, shared_corpus


@pytest.fixture(params=["bytes", "bpe:270"])
def corpus(request: pytest.FixtureRequest, tmp_path: Path) -> Corpus:
    """A text whose ids fit into one byte, or do not."""
    (tmp_path / "text.txt").write_text("the cat sät on the mat, and so did the dog. " * 300)
    return read_corpus(tmp_path / "text.txt", tokens=request.param)


@pytest.fixture
def written(corpus: Corpus) -> Recipe:
    """A recipe for it."""
    scale = Scale(steps=10, batch=2, length=8, learning_rate=1e-3)
    return recipe("gpt2", get_space("gpt2").objective, corpus, scale)


def test_workers_see_the_corpus_and_leave_no_file(corpus: Corpus, written: Recipe, tmp_path: Path) -> None:
    with shared_corpus(corpus, tmp_path / "folder", Serial()) as shared:
        seen = corpus_of(shared, written)
        (file,) = (tmp_path / "folder").iterdir()
        # ids below 65536 take two bytes each, and the header of the file
        assert file.stat().st_size < 2 * (len(corpus.train) + len(corpus.validation)) + 256
        np.testing.assert_array_equal(seen.train, corpus.train)
        np.testing.assert_array_equal(seen.validation, corpus.validation)
        assert not seen.train.flags.writeable
    assert not list((tmp_path / "folder").iterdir())
    for name in ("tokens", "vocabulary", "tokenizer_sha256", "train_sha256", "validation_sha256"):
        assert getattr(seen, name) == getattr(corpus, name)


def test_a_full_disk_is_said_and_leaves_nothing(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with (
        pytest.raises(LpzeroError, match=r"folder cannot be written: No space left on device$"),
        shared_corpus(corpus, tmp_path / "folder", Serial()),
    ):
        raise AssertionError("unreachable")
    assert not list((tmp_path / "folder").iterdir())
