"""A small real setting: 28 FlexiBERT architectures of the published table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lpzero.evolution.discovery.setting as setting_module
from lpzero.evolution.archive import key_hash
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.discovery.setting import Setting
from lpzero.evolution.run import prepare
from lpzero.fitness import Correlation, Status
from lpzero.formula import Formula, canonical
from lpzero.formula.rules import pruned_by
from lpzero.progress import Progress
from lpzero.tables import load_table

SMALL: dict[str, Any] = {
    "space": "flexibert",
    "protocol": "trained",
    "table": "flexibert-glue",
    "seed": 3,
    "islands": 2,
    "epoch": 1,
    "population": 10,
    "generations": 3,
    "search_size": 8,
    "validation_size": 6,
    "batch": 2,
    "tokens": 8,
    "elements": 64,
    # an enumeration takes seconds
    "start": "random",
}


class Quiet:
    """A watch that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[Progress] = []

    def __call__(self, progress: Progress) -> None:
        """Remember it, and check that it is a share."""
        assert 0 <= progress.share <= 1
        self.told.append(progress)


class Landscape:
    """An evaluation without models, pure and fast: a number that follows from a formula's text, and every status.

    Args:
        rankings: How many different signatures there are; None for one a formula.
    """

    def __init__(self, rankings: int | None = None) -> None:
        self.met: list[str] = []
        self._rankings = rankings

    def __call__(self, formulas: Sequence[Formula]) -> list[Candidate]:
        """Evaluate."""
        return [self._one(canonical(formula)) for formula in formulas]

    def _one(self, formula: Formula) -> Candidate:
        key = formula.text
        self.met.append(key)
        rule = pruned_by(formula)
        if rule is not None:
            return Candidate(key, formula.size, Status.PRUNED, rule)
        worth = np.random.default_rng(sum(key.encode())).random(2)
        if worth[0] < 0.1:
            return Candidate(key, formula.size, Status.NONFINITE)
        if worth[0] < 0.2:
            return Candidate(key, formula.size, Status.CONSTANT)
        search, both = (Correlation(w, w, w, 1.0) for w in worth)
        signature = key_hash(key) if self._rankings is None else key_hash(key) % self._rankings
        return Candidate(
            key,
            formula.size,
            Status.OK,
            objective=search.tau_a,
            signature=signature,
            search=search,
            validation=both,
            both=both,
        )


@pytest.fixture
def landscape() -> type[Landscape]:
    """An evaluation without models."""
    return Landscape


@pytest.fixture
def small_table(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run module sees the first 28 records of the table."""

    def load_part(name: str) -> Any:
        table = load_table(name, data=data)
        return replace(table, records=table.records[:28])

    monkeypatch.setattr(setting_module, "load_table", load_part)


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
    """A watch that remembers."""
    return Quiet()
