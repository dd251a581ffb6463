"""The memory of an evaluator: its limit, who leaves first, and that tensors never push small values out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpzero.formula.memory import Memory


@dataclass(frozen=True)
class Block:
    """A value of some bytes."""

    nbytes: int


def test_tensors_never_push_small_values_out() -> None:
    memory = Memory(1000)
    memory.put("layers", Block(40), tensor=False)
    for i in range(50):
        memory.put(f"t{i}", Block(300), tensor=True)
    assert memory.get("layers", tensor=False) is not None
    assert [memory.get(f"t{i}", tensor=True) is not None for i in (46, 47, 48, 49)] == [False, True, True, True]


def test_the_least_recently_used_leaves_first() -> None:
    memory = Memory(1000)
    for name in "abc":
        memory.put(name, Block(300), tensor=True)
    memory.get("a", tensor=True)
    memory.put("d", Block(300), tensor=True)
    assert [memory.get(name, tensor=True) is not None for name in "abcd"] == [True, False, True, True]


def test_small_values_take_half_at_most_and_tensors_the_rest() -> None:
    memory, rng = Memory(10_000), np.random.default_rng(0)
    for i in range(2000):
        tensor = bool(rng.random() < 0.3)
        memory.put(f"v{i}", Block(int(rng.integers(1, 4000 if tensor else 90))), tensor=tensor)
        assert memory.held <= 10_000
    assert memory.get("v1999", tensor=False) or memory.get("v1999", tensor=True)


def test_what_is_larger_than_the_limit_is_not_kept() -> None:
    memory = Memory(100)
    memory.put("kept", Block(60), tensor=True)
    memory.put("large", Block(101), tensor=True)
    memory.put("wide", Block(51), tensor=False)
    assert memory.get("kept", tensor=True) is not None
    assert memory.get("large", tensor=True) is memory.get("wide", tensor=False) is None
    nothing = Memory(0)
    nothing.put("x", Block(1), tensor=False)
    assert nothing.held == 0
