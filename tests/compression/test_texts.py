"""Text as windows of ids, and files that are no text."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lpzero.compression.texts import (
    IGNORED,
    Tokens,
    halves,
    read_text,
    read_tokenizer,
    to_predict,
    tokenised,
    windows,
)
from lpzero.errors import InputError
from tests.compression.tiny import word_tokenizer


def numbered(count: int) -> Tokens:
    return Tokens("some.txt", torch.arange(count), count, "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "found an empty file"),
        (b" \n\t", "found an empty file"),
        (b"text\0more", "a zero byte at 4: it is binary"),
        (b"text\xff\xfe", "found other bytes at 4"),
    ],
)
def test_files_that_are_no_text_are_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_text(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found none"):
        read_text(tmp_path / "none.txt")
    with pytest.raises(InputError, match="readable file"):
        read_text(tmp_path)


def test_the_end_of_a_text_is_apart() -> None:
    text = "".join(map(chr, range(200, 400)))
    looked_at, held_out = halves(text)
    assert looked_at + held_out == text
    assert len(held_out) == 20


def test_windows_follow_each_other_and_are_as_many_as_there_are() -> None:
    found = windows(numbered(35), 8, 10)
    assert found.tolist() == [list(range(10)), list(range(10, 20)), list(range(20, 30))]
    assert windows(numbered(35), 2, 10).shape == (2, 10)
    with pytest.raises(InputError, match="at least 20 tokens, 2 windows of 10, found 19"):
        windows(numbered(19), 8, 10)


def test_a_causal_question_is_the_next_token() -> None:
    asked = to_predict("t", torch.tensor([[5, 6, 7], [8, 9, 4]]), "causal", None)
    assert asked.labels.tolist() == [[6, 7, IGNORED], [9, 4, IGNORED]]
    assert asked.predicted == 4


def test_a_masked_question_hides_what_it_asks_for() -> None:
    ids = torch.randint(2, 40, (20, 50), generator=torch.Generator().manual_seed(0))
    asked = to_predict("t", ids, "masked", 1)
    hidden = asked.labels != IGNORED
    assert torch.equal(asked.inputs[hidden], torch.ones(int(hidden.sum()), dtype=torch.long))
    assert torch.equal(asked.inputs[~hidden], ids[~hidden])
    assert torch.equal(asked.labels[hidden], ids[hidden])
    assert bool(hidden.any(1).all())
    assert 0.1 < float(hidden.float().mean()) < 0.2
    again = to_predict("t", ids, "masked", 1)
    assert torch.equal(asked.inputs, again.inputs)
    assert not torch.equal(asked.inputs, to_predict("t", ids, "masked", 1, seed=1).inputs)
    with pytest.raises(InputError, match="with a mask"):
        to_predict("t", ids, "masked", None)


def test_a_text_becomes_ids_and_nothing_around_them(tmp_path: Path) -> None:
    word_tokenizer().save_pretrained(tmp_path)
    found = tokenised(read_tokenizer(tmp_path), "w3 w5 w3", "t")
    assert found.ids.tolist() == [3, 5, 3]
    assert found.bytes == 8


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected the checkpoint's tokenizer beside it"):
        read_tokenizer(tmp_path)
