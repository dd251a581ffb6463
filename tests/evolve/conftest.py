"""A small real setting: 28 FlexiBERT architectures of the published table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lpzero.evolve.run as run_module
from lpzero.evolve.config import EvolveConfig
from lpzero.evolve.engine import Progress, State
from lpzero.evolve.run import Setting, prepare
from lpzero.tables import load_table

SMALL: dict[str, Any] = {
    "space": "flexibert",
    "protocol": "trained",
    "table": "flexibert-glue",
    "seed": 3,
    "population": 10,
    "generations": 3,
    "search_size": 8,
    "validation_size": 6,
    "batch": 2,
    "tokens": 8,
    "elements": 64,
}


class Quiet:
    """An observer that remembers what it was told."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int, int]] = []
        self.generations: list[int] = []

    def architectures(self, step: str, done: int, total: int) -> None:
        """Remember a step."""
        self.steps.append((step, done, total))

    def formulas(self, progress: Progress) -> None:
        """Check that progress is a share."""
        assert 0 <= progress.done <= 1

    def generation(self, state: State, progress: Progress) -> None:
        """Remember a generation."""
        self.generations.append(state.generation)


@pytest.fixture
def small_table(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run module sees the first 28 records of the table."""

    def load_part(name: str) -> Any:
        table = load_table(name, data=data)
        return replace(table, records=table.records[:28])

    monkeypatch.setattr(run_module, "load_table", load_part)


@pytest.fixture
def setting(small_table: None) -> Setting:
    """The prepared setting of a small run."""
    return prepare(EvolveConfig(**SMALL))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One bank for all tests: it changes no result."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def small() -> dict[str, Any]:
    """The settings of a small run."""
    return dict(SMALL)


@pytest.fixture
def quiet() -> Quiet:
    """An observer that remembers."""
    return Quiet()
