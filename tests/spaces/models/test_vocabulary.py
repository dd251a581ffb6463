"""How many words a model knows: said, or seen in a pass."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.spaces.models.calling import signed
from lpzero.spaces.models.vocabulary import guessed_vocabulary, look_up, told_vocabulary


class _Positions(nn.Module):
    """A table of positions and one of segments, registered before that of the words."""

    def __init__(self) -> None:
        super().__init__()
        self.positions, self.segments = nn.Embedding(64, 4), nn.Embedding(2, 4)
        self.words, self.out = nn.Embedding(13, 4), nn.Linear(4, 13)

    def forward(self, x: Tensor) -> Any:
        places = torch.arange(x.shape[1]).expand_as(x)
        return self.out(self.words(x) + self.positions(places) + self.segments(torch.zeros_like(x)))


class _Targets(_Positions):
    def forward(self, idx: Tensor, targets: Tensor) -> Any:  # type: ignore[override]
        return nn.functional.cross_entropy(super().forward(idx).flatten(0, 1), targets.flatten())


class _Bare(nn.Module):
    """A table that is a parameter, looked up as `way` says."""

    way = "index"

    def __init__(self) -> None:
        super().__init__()
        self.other = nn.Embedding(50, 4)
        self.table = nn.Parameter(torch.rand(13, 4))

    def forward(self, x: Tensor) -> Any:
        ways = {
            "index": lambda: self.table[x],
            "embedding": lambda: nn.functional.embedding(x, self.table),
            "one_hot": lambda: nn.functional.one_hot(x, 13).float() @ self.table,
            "flat": lambda: self.table[x.view(-1)].view(*x.shape, 4),
        }
        return ways[self.way]() @ self.table.T


class _TimeFirst(_Positions):
    def forward(self, x: Tensor) -> Any:
        return super().forward(x.T)


class _Padded(_Positions):
    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(4, 64)


@pytest.mark.parametrize("kind", [_Positions, _Targets, _TimeFirst, _Padded])
def test_the_table_that_ids_are_looked_up_in_is_found(kind: type[nn.Module]) -> None:
    model = kind()
    assert guessed_vocabulary(model) == 13
    assert look_up(model, signed(model)).embedding == "words"


@pytest.mark.parametrize("way", ["index", "embedding", "one_hot", "flat"])
def test_a_table_may_be_no_module(way: str) -> None:
    model = _Bare()
    model.way = way
    found = look_up(model, signed(model))
    assert (found.words, found.embedding) == (13, None)


def test_what_a_model_says_goes_first() -> None:
    model = _Positions()
    for config in (SimpleNamespace(vocab_size=11), {"n_vocab": 11}, SimpleNamespace(vocab_size=None, n_words=11)):
        model.config = config  # type: ignore[assignment]
        assert told_vocabulary(model) == guessed_vocabulary(model) == 11
    nested = SimpleNamespace(get_text_config=lambda: SimpleNamespace(vocab_size=12))
    model.config = nested  # type: ignore[assignment]
    assert guessed_vocabulary(model) == 12
    for nothing in (True, 1, "11", None):
        model.config = SimpleNamespace(vocab_size=nothing)  # type: ignore[assignment]
        assert guessed_vocabulary(model) == 13


def test_a_model_that_cannot_be_called_has_its_tables() -> None:
    class Broken(_Positions):
        def forward(self, x: Tensor) -> Any:
            raise ValueError("no way")

    assert guessed_vocabulary(Broken()) == 13
    with pytest.raises(LpzeroError, match=r"found neither: give example_batch\(\)"):
        guessed_vocabulary(nn.Linear(2, 2))
    with pytest.raises(LpzeroError, match="found neither"):
        guessed_vocabulary(nn.ModuleList([nn.Embedding(3, 2), nn.Embedding(5, 2)]))
