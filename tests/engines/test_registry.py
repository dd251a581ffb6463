"""The engine that a user asked for: which one, with how many workers, and what contradicts itself."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from lpzero.engines import ENGINES, Limits, open_engine
from lpzero.errors import InputError, MissingError


@pytest.mark.parametrize(
    ("asked", "name", "workers", "threads"),
    [
        ({}, "serial", 1, 1),
        ({"jobs": 3}, "process", 3, 3),
        # one process works, and may use as many threads beside it
        ({"name": "serial", "jobs": 3}, "serial", 1, 3),
        ({"name": "process", "jobs": 1}, "process", 1, 1),
        ({"jobs": 1, "limits": Limits(memory=1 << 30)}, "process", 1, 1),
        ({"jobs": 1, "limits": Limits(seconds=1.0)}, "process", 1, 1),
    ],
)
def test_what_is_asked_for_is_made(asked: dict[str, Any], name: str, workers: int, threads: int) -> None:
    engine = open_engine(**asked)
    assert (engine.name, engine.workers, engine.threads) == (name, workers, threads)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"name": "dask"}, f"^unknown engine 'dask': expected one of {', '.join(ENGINES)}$"),
        ({"jobs": 0}, "^expected at least 1 job, found 0$"),
        ({"jobs": -1, "name": "ray"}, "^expected at least 1 job, found -1$"),
        ({"name": "process", "address": "auto"}, "^`address`: expected `engine` ray beside it, found process$"),
        ({"name": "serial", "address": "auto"}, "^`address`: expected `engine` ray beside it, found serial$"),
        ({"name": "serial", "limits": Limits(seconds=1.0)}, "serial cannot enforce limits: give `engine` process or"),
        ({"name": "serial", "jobs": None}, "^`jobs`: expected a number of workers where there is no `address`$"),
        ({"jobs": None}, "^`jobs`: expected a number of workers where there is no `address`$"),
    ],
)
def test_what_contradicts_itself_is_refused(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_engine(**asked)


def test_an_address_means_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingError, match=r"lpzero\[ray\]"):
        open_engine(address="auto", jobs=None)


def test_memory_is_limited_where_the_system_can_do_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(InputError, match=r"^`memory_limit`: expected Linux, which can enforce it, found darwin$"):
        open_engine("process", 1, limits=Limits(memory=1))
    assert open_engine("process", 1, limits=Limits(seconds=1.0)).name == "process"
