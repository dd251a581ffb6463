"""What every job is held to: it prints nothing, moves no random state, and its command says the same."""

from __future__ import annotations

import importlib
import io
import json
import random
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from lpzero.cli.main import lpzero as command
from lpzero.tables import Table, load_table, load_trained
from lpzero.tables.folder import write_folder
from lpzero.training.card import own_card

Found = TypeVar("Found")
ELSEWHERE = {"seconds", "per_second", "run"}
"""Keys whose values differ from run to run."""


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all jobs: it changes no result."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module", autouse=True)
def _home(bank: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LPZERO_HOME", str(bank))
        torch.set_num_threads(1)
        yield


def _states() -> list[Any]:
    numpy_state = np.random.get_state(legacy=False)  # noqa: NPY002
    return [random.getstate(), repr(numpy_state), torch.random.get_rng_state().tolist()]


@pytest.fixture(scope="session")
def quietly() -> Callable[[Callable[[], Found]], Found]:
    """Calls a job, which must print nothing and leave every global random state as it was."""
    # scikit-learn draws from `random` when it is imported, once in a process
    importlib.import_module("sklearn.linear_model")

    def call(job: Callable[[], Found]) -> Found:
        out, before = io.StringIO(), _states()
        with redirect_stdout(out), redirect_stderr(out):
            found = job()
        assert out.getvalue() == ""
        assert _states() == before
        return found

    return call


@pytest.fixture(scope="session")
def timeless() -> Callable[[Any], Any]:
    """A document as JSON, without what differs from run to run."""

    def plain(found: Any) -> Any:
        if isinstance(found, dict):
            return {key: plain(value) for key, value in found.items() if key not in ELSEWHERE}
        return [plain(value) for value in found] if isinstance(found, list) else found

    return lambda document: plain(json.loads(json.dumps(document, allow_nan=False)))


@pytest.fixture(scope="session")
def printed(timeless: Callable[[Any], Any]) -> Callable[..., Any]:
    """The document that a command line prints, without what differs from run to run."""

    def invoke(*arguments: str) -> Any:
        done = CliRunner().invoke(command, [*arguments, "--device", "cpu", "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.stderr
        return timeless(json.loads(done.stdout))

    return invoke


@pytest.fixture(scope="session")
def refused() -> Callable[..., str]:
    """The error of a command line."""

    def invoke(*arguments: str) -> str:
        done = CliRunner().invoke(command, list(arguments))
        assert done.exception is not None
        assert done.stdout == ""
        return str(done.exception)

    return invoke


@pytest.fixture(scope="session")
def few() -> Table:
    """The first 12 architectures of a bundled table."""
    table = load_table("flexibert-own")
    return replace(table, records=table.records[:12])


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 24 real trainings: a sealed test on all of a bundled one takes seconds."""
    _, trainings, recipe = load_trained("flexibert-own")
    assert recipe is not None
    part = trainings[:24]
    place = tmp_path_factory.mktemp("tables") / "few-own"
    write_folder(place, own_card(place.name, recipe, part, {"python": "3"}, ()), part)
    return place
