"""Where a job runs, as a value: how many workers, and the engine that it opens."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from lpzero.engines import Workers, usable_cores
from lpzero.errors import InputError, MissingError


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="a process may not be bound to a core here")
def test_the_usable_cores_are_those_that_the_process_is_bound_to() -> None:
    script = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from lpzero.engines.workers import usable_cores; print(usable_cores())"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "1\n"
    assert usable_cores() == len(os.sched_getaffinity(0))


def test_one_worker_a_core_where_nobody_says() -> None:
    assert Workers(None).number == usable_cores()
    assert Workers(3).number == 3
    assert Workers().number == 1


@pytest.mark.parametrize("jobs", [0, -1])
def test_fewer_than_one_worker_are_refused(jobs: int) -> None:
    message = f"^`jobs`: expected at least 1, found {jobs}$"
    with pytest.raises(InputError, match=message):
        assert Workers(jobs).number
    with pytest.raises(InputError, match=message):
        Workers(jobs).open()


@pytest.mark.parametrize(
    ("given", "name", "workers"),
    [
        ({}, "serial", 1),
        ({"jobs": 2}, "process", 2),
        ({"jobs": None, "engine": "process"}, "process", usable_cores()),
        ({"time_limit": 2.5}, "process", 1),
        ({"memory_limit": 1 << 30}, "process", 1),
    ],
)
def test_the_engine_follows_from_the_value(given: dict[str, Any], name: str, workers: int) -> None:
    engine = Workers(**given).open()
    assert (engine.name, engine.workers) == (name, workers)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"engine": "serial", "time_limit": 1.0}, "serial cannot enforce limits"),
        ({"time_limit": 0.0}, "^`time_limit`: expected more than 0, found 0.0$"),
        ({"memory_limit": -1}, "^`memory_limit`: expected more than 0, found -1$"),
        ({"engine": "process", "address": "auto"}, "^`address`: expected `engine` ray beside it"),
    ],
)
def test_values_that_contradict_each_other_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Workers(**given).open()


def test_a_cluster_has_its_own_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingError, match=r"lpzero\[ray\]"):
        Workers(None, address="auto").open()
