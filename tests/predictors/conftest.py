"""Architectures of a small space with descriptions and labels that are made up: what follows is worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lpzero.operands.probe import Probe
from lpzero.predictors import Description, Labelled, Source
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace


@dataclass(frozen=True)
class MadeUp:
    """Describes architectures by what is given."""

    space: SearchSpace
    rows: dict[str, Description]

    def describe(self, architectures: Sequence[Architecture]) -> list[Description]:
        """What was given of each."""
        return [self.rows[architecture.digest] for architecture in architectures]


@pytest.fixture(scope="session")
def small() -> SearchSpace:
    return get_space("gpt2", "own")


@pytest.fixture(scope="session")
def drawn(small: SearchSpace) -> Callable[[int], tuple[Architecture, ...]]:
    """Draws so many different architectures."""

    def draw(number: int) -> tuple[Architecture, ...]:
        rng = np.random.default_rng(0)
        return tuple(dict.fromkeys(small.sample(rng) for _ in range(2 * number)))[:number]

    return draw


@pytest.fixture(scope="session")
def made_up(small: SearchSpace) -> Callable[..., MadeUp]:
    """Makes descriptions of architectures by the rows of a matrix."""

    def make(architectures: Sequence[Architecture], columns: np.ndarray, group: str = "operands") -> MadeUp:
        rows = zip(architectures, columns, strict=True)
        return MadeUp(
            small,
            {
                one.digest: Description({f"{group}:{i}": float(value) for i, value in enumerate(row)})
                for one, row in rows
            },
        )

    return make


@pytest.fixture(scope="session")
def labels() -> Callable[..., Labelled]:
    def make(
        architectures: Sequence[Architecture], quality: np.ndarray, *, higher: bool = True, noise: float | None = None
    ) -> Labelled:
        return Labelled(tuple(architectures), np.asarray(quality, dtype=np.float64), higher, noise)

    return make


@pytest.fixture
def broken(source: Source) -> Source:
    """The same where no model can be built."""

    class Broken(type(source.space)):  # type: ignore[misc]
        def build(self, architecture: Architecture, seed: int) -> None:
            raise RuntimeError("out of order")

    return replace(source, space=Broken("own"))


@pytest.fixture
def source(small: SearchSpace, tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Counts, and small looks at untrained models."""
    torch.set_num_threads(1)
    home = tmp_path_factory.getbasetemp() / "predictors-bank"
    return Source(small, ("spec", "shape", "operands"), (), Probe(batch=1, tokens=8, elements=16), Path(home))
