"""What the laws of every kind have in common: a sentence that fails, and random states that nobody may change."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


def law(holds: object, sentence: str) -> None:
    """Raise AssertionError with a sentence where it does not hold."""
    # assert would say nothing where Python runs with -O
    if not holds:
        raise AssertionError(sentence)


@contextmanager
def random_states_kept(what: str) -> Iterator[None]:
    """Whatever happens inside leaves the global random states as they were."""
    import torch

    tensors, arrays, numbers = torch.get_rng_state(), _numpy_state(), random.getstate()
    yield
    kept = {
        "torch": torch.equal(torch.get_rng_state(), tensors),
        "NumPy": _numpy_state() == arrays,
        "Python": random.getstate() == numbers,
    }
    for owner, same in kept.items():
        law(same, f"{what} leaves the global random state of {owner} as it was")


def _numpy_state() -> str:
    state: Any = np.random.get_state()  # noqa: NPY002  (it is the global state that is compared)
    return f"{state[1].tobytes()!r} {state[2:]}"
