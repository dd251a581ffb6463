"""The engine in this process: one item after another, when it is asked for, on one thread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.engines import Fault, FaultStatus, Serial
from lpzero.errors import InputError, MissingError


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers()))
def test_a_map_is_a_map(items: list[int]) -> None:
    assert list(Serial().map(str, items)) == list(map(str, items))
    assert list(Serial().attempt(str, items)) == list(map(str, items))


def test_nothing_is_done_before_it_is_asked_for() -> None:
    done: list[int] = []

    def do(item: int) -> int:
        done.append(item)
        return item

    results = Serial().map(do, [1, 2, 3])
    assert done == []
    assert next(results) == 1
    assert done == [1]
    results.close()
    assert done == [1]


def test_a_result_arrives_before_it_is_given() -> None:
    told: list[tuple[int, int]] = []
    results = Serial().map(abs, [-5, -6], arrived=lambda index, result: told.append((index, result)))
    assert next(results) == 5
    assert told == [(0, 5)]
    assert list(results) == [6]
    assert told == [(0, 5), (1, 6)]


def test_the_threads_of_torch_are_one_in_the_work_and_as_before_behind_an_error() -> None:
    torch.set_num_threads(2)
    assert list(Serial(2).map(lambda _: torch.get_num_threads(), [0])) == [1]
    assert torch.get_num_threads() == 2
    with pytest.raises(ZeroDivisionError):
        list(Serial().map(lambda x: 1 // x, [0]))
    assert torch.get_num_threads() == 2


def test_an_attempt_is_a_fault_of_the_work_and_an_error_of_the_user() -> None:
    def work(err: Exception | None) -> str:
        if err is not None:
            raise err
        return "done"

    told: list[int] = []
    found = list(Serial().attempt(work, [OSError("disk"), None], arrived=lambda index, _: told.append(index)))
    assert found == [Fault(FaultStatus.FAILED, "raised OSError: disk"), "done"]
    assert told == [0, 1]
    for err in (InputError("corpus"), MissingError("table")):
        with pytest.raises(type(err), match=str(err)):
            list(Serial().attempt(work, [None, err]))


def load(path: Path) -> dict[str, np.ndarray]:
    """Map a file of numbers."""
    return {"numbers": np.memmap(path, np.int64, "r")}


def test_a_file_is_shared_without_a_copy(tmp_path: Path) -> None:
    np.arange(5).tofile(tmp_path / "numbers")
    shared = Serial().share(tmp_path / "numbers", load)
    assert shared.arrays()["numbers"].tolist() == [0, 1, 2, 3, 4]
    assert isinstance(shared.arrays()["numbers"], np.memmap)


def test_deterministic_algorithms_are_used_inside_the_block_alone() -> None:
    with Serial(deterministic=True):
        assert torch.are_deterministic_algorithms_enabled()
    assert not torch.are_deterministic_algorithms_enabled()
