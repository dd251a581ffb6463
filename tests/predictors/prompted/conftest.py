"""Labels of a small space, and a language model that is a server of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.llm import Access, Endpoint
from lpzero.predictors import Labelled
from lpzero.predictors.prompted import Asker, Asking, FittedPrompted, Prompted, Task
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from tests.llm.server import Server


@pytest.fixture
def told(drawn: Callable[[int], tuple[Architecture, ...]], labels: Callable[..., Labelled]) -> Labelled:
    """Ten labels, from 24.0 to 25.8."""
    return labels(drawn(10), np.array([24 + 0.2 * i for i in range(10)]))


@pytest.fixture
def task() -> Task:
    return Task("BLEU", "points of 100", True)


@pytest.fixture
def asking(llm_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Asking]:
    """Asks the server of the tests, with a cache and a ledger."""

    def make(*, samples: int = 1, at_once: int = 1, cached: bool = True, **endpoint: Any) -> Asking:
        given = {"key_variable": None, "retries": 0, "timeout": 5.0, **endpoint}
        access = Access(Endpoint(llm_server.address, "m", **given), cache=tmp_path / "c.sqlite" if cached else None)
        return Asking(access, samples, at_once)

    return make


@pytest.fixture
def fitted(small: SearchSpace, task: Task, told: Labelled) -> Callable[[Asking], Any]:
    """Opens a fitted predictor."""

    @contextmanager
    def opened(asking: Asking) -> Iterator[tuple[FittedPrompted, Asker]]:
        with asking.open() as asker:
            yield Prompted(small, task, asker).fit(told), asker

    return opened
