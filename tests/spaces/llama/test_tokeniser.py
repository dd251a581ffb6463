"""The tokeniser of a checkpoint, against the library that wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from lpzero.errors import LpzeroError
from lpzero.spaces.llama.tokeniser import TOKENISER, encoded


def test_it_is_that_of_the_folder(tmp_path: Path) -> None:
    tokeniser = Tokenizer(models.WordLevel({"a": 3, "b": 5}))
    tokeniser.pre_tokenizer = pre_tokenizers.Whitespace()
    tokeniser.save(str(tmp_path / TOKENISER))
    assert encoded(tmp_path, "b a b") == [5, 3, 5]


def test_a_folder_without_one_and_a_damaged_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(LpzeroError, match=r"tokenizer\.json: no such file: the loss on text needs the tokeniser"):
        encoded(tmp_path, "a")
    (tmp_path / TOKENISER).write_text("{}")
    with pytest.raises(LpzeroError, match=r"tokenizer\.json: no tokeniser can be read from it"):
        encoded(tmp_path, "a")
