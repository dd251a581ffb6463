"""The engine of a Ray cluster: one actor a worker, objects put once, a bounded number of calls on their way.

Ray (Moritz et al. 2018) comes with the extra ``lpzero[ray]``. An actor that dies is replaced wherever the cluster has
room; what was lost with a whole node is not held against the work. Ray has no authentication: a cluster belongs into a
network whose members trust each other.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from lpzero.engines.crew import Crew, Loss
from lpzero.engines.engine import NO_LIMITS, Arrays, Arrived, Item, Limits, Result
from lpzero.engines.fault import Fault
from lpzero.engines.process import unfaulted
from lpzero.engines.threads import deterministic_algorithms
from lpzero.engines.worker import attempted, prepare
from lpzero.errors import InputError, MissingError

REACH_S = 10.0


class Cluster:
    """Works in actors of a Ray cluster that stay from one map to the next.

    See :class:`lpzero.engines.Engine`.

    Args:
        jobs: Number of actors, each on one CPU, at least 1; None for one a CPU of the cluster.
        address: The cluster's, such as ``auto`` or ``host:6379``; None to begin one on this machine, or to use the one
            that this process has begun already.
        threads: Threads that this process may use beside them.
        limits: Of one piece of work.
        deterministic: Whether workers use deterministic algorithms alone.
        gpus: CUDA devices that each actor needs, a share of one allowed.

    Raises:
        InputError: ``jobs`` is below 1.
        MissingError: Ray is not installed, there is no cluster at the address, or none with the GPUs that are needed.
    """

    name = "ray"

    def __init__(
        self,
        jobs: int | None,
        *,
        address: str | None = None,
        threads: int = 1,
        limits: Limits = NO_LIMITS,
        deterministic: bool = False,
        gpus: float = 0.0,
    ) -> None:
        if jobs is not None and jobs < 1:
            raise InputError(f"expected at least 1 job, found {jobs}")
        self._ray = _imported()
        self._mine = not self._ray.is_initialized()
        if self._mine:
            _begin(self._ray, jobs, address)
        if gpus and not self._ray.cluster_resources().get("GPU", 0):
            self._leave()
            raise MissingError("`device` cuda: expected a Ray cluster with a GPU, found none: use `device` cpu")
        self.workers = jobs or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        self.threads = threads
        self._limits = limits
        kind = self._ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=0)(_Actor)
        self._algorithms = deterministic_algorithms(deterministic)
        self._crew = Crew(partial(_Remote, self._ray, kind, deterministic), self.workers)

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item], *, arrived: Arrived[Result] | None = None
    ) -> Generator[Result, None, None]:
        """See :class:`lpzero.engines.Engine`."""
        return unfaulted(self._crew.results(self._put(function), items, arrived, None))

    def attempt(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        arrived: Arrived[Result | Fault] | None = None,
    ) -> Generator[Result | Fault, None, None]:
        """See :class:`lpzero.engines.Engine`."""
        work = self._put(partial(attempted, function, self._limits.memory))
        return self._crew.results(work, items, arrived, self._limits.seconds)

    def share(self, path: Path, load: Callable[[Path], Arrays]) -> StoredObject:
        """See :class:`lpzero.engines.Engine`; the arrays lie in the object store, once a node."""
        # plain arrays: what Ray gives back of one then lies in the store, read only, and is no copy
        return StoredObject(self._put({name: np.asarray(array) for name, array in load(path).items()}))

    def _leave(self) -> None:
        if self._mine:
            self._ray.shutdown()

    def _put(self, value: Any) -> Any:
        return self._ray.put(value)

    def __enter__(self) -> Cluster:
        self._algorithms.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """See :class:`lpzero.engines.Engine`."""
        self._crew.close(at_once=kind is not None)
        self._leave()
        self._algorithms.__exit__(kind, error, trace)


@dataclass(frozen=True)
class StoredObject:
    """Arrays in Ray's object store, as :class:`lpzero.engines.Shared` has them.

    Attributes:
        reference: Ray's reference.
    """

    reference: Any

    def arrays(self) -> Arrays:
        """See :class:`lpzero.engines.Shared`; no copy is made on the node where they lie."""
        import ray

        found: Arrays = ray.get(self.reference)
        return found


def _imported() -> Any:
    try:
        import ray
    except ImportError as err:
        raise MissingError("`engine` ray: Ray is not installed: python -m pip install 'lpzero[ray]'") from err
    return ray


def _begin(ray: Any, jobs: int | None, address: str | None) -> None:
    if address is not None:
        _reach(address)
    # nothing is told to anybody about how lpzero is used
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    quiet = {"include_dashboard": False} if address is None else {}
    try:
        ray.init(
            address=address or "local",
            num_cpus=jobs if address is None else None,
            log_to_driver=False,
            logging_level="ERROR",
            **quiet,
        )
    except (ConnectionError, ValueError, RuntimeError) as err:
        reason = (str(err).splitlines() or [""])[0]
        raise MissingError(f"`address` {address}: expected a Ray cluster, found {reason}") from err


def _reach(address: str) -> None:
    """Find out in seconds whether anybody answers: Ray itself tries for minutes.

    Raises:
        MissingError: Nobody does.
    """
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if not colon or not port.isdecimal():
        # a name that Ray resolves, such as auto
        return
    try:
        socket.create_connection((host, int(port)), timeout=REACH_S).close()
    except (OSError, OverflowError) as err:
        raise MissingError(f"`address` {address}: expected a Ray cluster, found nobody who answers: {err}") from err


class _Actor:
    """What runs on the cluster."""

    def __init__(self, deterministic: bool) -> None:
        prepare(deterministic)

    def node(self) -> str:
        """The node that it is on."""
        import ray

        found: str = ray.get_runtime_context().get_node_id()
        return found

    def carry_out(self, function: Any, item: Any) -> tuple[bool, Any]:
        """Whether the work ended, and its result, or what it raised: Ray would wrap an error in one of its own."""
        try:
            return True, function(item)
        except Exception as err:
            return False, err


class _Remote:
    """One actor, as :class:`lpzero.engines.crew.Worker` has it."""

    def __init__(self, ray: Any, kind: Any, deterministic: bool) -> None:
        self._ray = ray
        self._actor = kind.remote(deterministic)
        self._node = self._actor.node.remote()

    def submit(self, function: Any, item: Any) -> Future[Any]:
        """See :class:`lpzero.engines.crew.Worker`."""
        answered: Future[Any] = self._actor.carry_out.remote(function, item).future()
        result: Future[Any] = Future()
        answered.add_done_callback(partial(_unpack, result))
        return result

    def kill(self) -> None:
        """See :class:`lpzero.engines.crew.Worker`."""
        self._ray.kill(self._actor)

    def loss(self, err: BaseException) -> Loss | None:
        """See :class:`lpzero.engines.crew.Worker`."""
        if not isinstance(err, self._ray.exceptions.RayError):
            return None
        reason = " ".join(str(err).split())[:200]
        return Loss(f"an actor was lost: {reason}", blamed=self._node_lives())

    def end(self) -> None:
        """See :class:`lpzero.engines.crew.Worker`."""
        self._ray.kill(self._actor)

    def _node_lives(self) -> bool:
        try:
            node = self._ray.get(self._node, timeout=0)
        except self._ray.exceptions.RayError:
            # it has not even started
            return False
        return any(one["NodeID"] == node and one["Alive"] for one in self._ray.nodes())


def _unpack(result: Future[Any], answered: Future[Any]) -> None:
    error = answered.exception()
    if error is not None:
        result.set_exception(error)
        return
    ended, value = answered.result()
    if ended:
        result.set_result(value)
    else:
        result.set_exception(value)
