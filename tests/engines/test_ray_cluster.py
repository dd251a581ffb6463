"""The engine of a cluster, as far as no cluster is needed: who answers, and what an actor's answer becomes."""

from __future__ import annotations

import socket
import sys
from concurrent.futures import Future
from typing import Any

import pytest

from lpzero.engines.ray_cluster import Cluster, _Actor, _reach, _unpack
from lpzero.errors import InputError, LpzeroError, MissingError


def test_an_address_at_which_somebody_answers_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        port = server.getsockname()[1]
        for address in (f"127.0.0.1:{port}", f"ray://127.0.0.1:{port}"):
            _reach(address)
            visitor, (host, _) = server.accept()
            visitor.close()
            assert host == "127.0.0.1"


@pytest.mark.parametrize("address", ["auto", "local", "host:", "ray://head", "head:port"])
def test_names_that_ray_resolves_are_left_to_it(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *place, **_: tried.append(place))
    _reach(address)
    assert tried == []


@pytest.mark.parametrize("port", [65536, 10**12])
def test_a_port_that_is_none_is_nobody_who_answers(port: int) -> None:
    address = f"127.0.0.1:{port}"
    with pytest.raises(MissingError, match=rf"`address` {address}: expected a Ray cluster, found nobody who answers"):
        _reach(address)


@pytest.mark.parametrize("jobs", [0, -2])
def test_no_jobs_are_refused_before_ray_is_imported(jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=f"expected at least 1 job, found {jobs}"):
        Cluster(jobs)


def test_without_ray_the_command_that_installs_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingError, match=r"python -m pip install 'lpzero\[ray\]'"):
        Cluster(1)


def fail(_: Any) -> None:
    """Raise an error of the work's own."""
    raise LpzeroError("three")


def answered(function: Any, item: Any) -> Future[Any]:
    """What becomes of an actor's answer."""
    answer: Future[Any] = Future()
    answer.set_result(_Actor(False).carry_out(function, item))
    result: Future[Any] = Future()
    _unpack(result, answer)
    return result


def test_what_work_gives_or_raises_comes_out_as_it_went_in() -> None:
    assert answered(abs, -3).result(0) == 3
    with pytest.raises(LpzeroError, match=r"^three$"):
        answered(fail, 0).result(0)


def test_an_actor_that_is_lost_is_the_error_of_its_future() -> None:
    answer: Future[Any] = Future()
    answer.set_exception(ConnectionError("gone"))
    result: Future[Any] = Future()
    _unpack(result, answer)
    with pytest.raises(ConnectionError, match="gone"):
        result.result(0)
