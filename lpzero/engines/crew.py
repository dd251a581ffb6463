"""A crew: some workers, wherever they are, that carry out pieces of work; the results come in order.

Each worker has one piece of work in hand and, where such pieces are short, one behind it, so that it never waits; more
is not on its way, however much there is to do. A worker that is lost is replaced, and what it had in hand is done once
more; what exceeds its time is given up, and its worker ended.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from threading import TIMEOUT_MAX
from typing import Any, Protocol

from lpzero.engines.fault import Fault, FaultStatus
from lpzero.engines.worker import ready
from lpzero.errors import LpzeroError

SHORT_S = 1.0
"""Shorter work waits behind other work with the same worker; a longer one waits for whoever is free first."""
AHEAD = 4
"""Pieces of work a worker that may be done before their turn."""
RETRIES = 1
STARTS = 3


@dataclass(frozen=True)
class Loss:
    """Why a worker is gone.

    Attributes:
        reason: One line.
        blamed: Whether the work may be the reason; it is not where a whole machine went.
    """

    reason: str
    blamed: bool = True


class Worker(Protocol):
    """One worker, somewhere: it carries out what it is given, one piece after another."""

    def submit(self, function: Any, item: Any) -> Future[Any]:
        """Give it a piece of work; raises what :meth:`loss` knows where it is gone already."""
        ...

    def kill(self) -> None:
        """End it in the middle of its work."""
        ...

    def loss(self, err: BaseException) -> Loss | None:
        """What an error says of the worker; None where it is the work's own."""
        ...

    def end(self) -> None:
        """End it when it has nothing to do."""
        ...


@dataclass
class _Try:
    index: int
    future: Future[Any]


@dataclass
class _Seat:
    """A worker and what it was given, in that order; ``since`` is when it began with the first."""

    worker: Worker
    starting: Future[Any] | None = None
    given: deque[_Try] = field(default_factory=deque)
    since: float = 0.0


@dataclass(frozen=True)
class _Raised:
    error: BaseException


class Crew:
    """Some workers, each of which starts when it is first needed.

    Args:
        hire: Makes a worker.
        number: How many there may be, at least 1.
    """

    def __init__(self, hire: Callable[[], Worker], number: int) -> None:
        self._hire, self._number = hire, number
        self._seconds: float | None = None
        self._seats: list[_Seat] = []
        self._failed_starts = 0
        self._last_s = SHORT_S

    def results(
        self,
        function: Any,
        items: Sequence[Any],
        arrived: Callable[[int, Any], None] | None,
        seconds: float | None,
    ) -> Generator[Any, None, None]:
        """Yield the result of every item, or the fault of its worker, in order; raise what an item raised.

        Args:
            function: What is given to the workers; it is theirs to understand.
            items: The items.
            arrived: Told of every result the moment that it is there; None for nobody.
            seconds: Time for one item; None for no limit.
        """
        assert not any(seat.given for seat in self._seats), "one map at a time"
        work = _Work(len(items))
        self._seconds = seconds
        try:
            while work.turn < len(items):
                self._hand_out(work, function, items)
                self._await()
                for seat in list(self._seats):
                    self._collect(seat, work)
                for index, result in work.fresh:
                    if arrived is not None and not isinstance(result, _Raised):
                        arrived(index, result)
                work.fresh.clear()
                while work.turn in work.done:
                    result = work.done.pop(work.turn)
                    work.turn += 1
                    if isinstance(result, _Raised):
                        raise result.error
                    yield result
        finally:
            # what is given up may last for hours
            for seat in [seat for seat in self._seats if seat.given]:
                self._lose(seat)

    def close(self, *, at_once: bool) -> None:
        """End all workers."""
        for seat in self._seats:
            if at_once or seat.starting is not None:
                seat.worker.kill()
            else:
                seat.worker.end()
        self._seats = []

    def _hand_out(self, work: _Work, function: Any, items: Sequence[Any]) -> None:
        """Give every worker what it can take, and hire where there is more to do than workers to do it."""
        while len(self._seats) < min(self._number, work.unfinished):
            # known before it starts: what interrupts a start must not leave a worker that nobody ends
            seat = _Seat(self._hire())
            self._seats.append(seat)
            seat.starting = seat.worker.submit(ready, None)
        # the least busy first, so that the last pieces of work are spread
        for in_hand in range(2 if self._last_s < SHORT_S else 1):
            for seat in list(self._seats):
                if seat.starting is None and len(seat.given) == in_hand:
                    index = work.next(AHEAD * self._number)
                    if index is not None and not self._give(seat, index, function, items[index]):
                        work.again.appendleft(index)

    def _give(self, seat: _Seat, index: int, function: Any, item: Any) -> bool:
        """Give a worker a piece of work; False where it is gone, for whatever it did not do."""
        try:
            future = seat.worker.submit(function, item)
        except Exception as err:
            if seat.worker.loss(err) is None:
                raise
            if not seat.given:
                self._lose(seat)
            return False
        if not seat.given:
            seat.since = time.monotonic()
        seat.given.append(_Try(index, future))
        return True

    def _await(self) -> None:
        """Wait for something to happen."""
        futures = {seat.starting or seat.given[0].future for seat in self._seats if seat.starting or seat.given}
        busy = [seat.since for seat in self._seats if seat.given and seat.starting is None]
        left = None
        if self._seconds is not None and busy:
            left = min(max(0.0, min(busy) + self._seconds - time.monotonic()), TIMEOUT_MAX)
        wait(futures, left, FIRST_COMPLETED)

    def _collect(self, seat: _Seat, work: _Work) -> None:
        """Take what a worker has done, and see whether it is still there and in time."""
        if seat.starting is not None:
            if seat.starting.done():
                self._started(seat)
            return
        while seat.given and seat.given[0].future.done():
            one = seat.given.popleft()
            now = time.monotonic()
            self._last_s, seat.since = now - seat.since, now
            error = one.future.exception()
            loss = None if error is None else seat.worker.loss(error)
            if loss is not None:
                work.lost(one.index, loss)
                self._replace(seat, work)
                return
            work.put(one.index, one.future.result() if error is None else _Raised(error))
        if seat.given and self._seconds is not None and time.monotonic() - seat.since >= self._seconds:
            late = seat.given.popleft()
            work.put(late.index, Fault(FaultStatus.TIMEOUT, f"not done within {self._seconds:g} s"))
            self._replace(seat, work)

    def _started(self, seat: _Seat) -> None:
        assert seat.starting is not None
        error = seat.starting.exception()
        seat.starting = None
        if error is None:
            self._failed_starts = 0
            return
        self._lose(seat)
        self._failed_starts += 1
        loss = seat.worker.loss(error)
        if loss is None or self._failed_starts >= STARTS:
            reason = str(error) if loss is None else loss.reason
            remedy = 'use fewer `jobs`, or `engine` serial; a script begins its work below if __name__ == "__main__"'
            raise LpzeroError(f"workers do not start: {reason}: {remedy}") from error

    def _replace(self, seat: _Seat, work: _Work) -> None:
        """End a worker; what it had not begun is for another."""
        work.again.extend(one.index for one in seat.given)
        self._lose(seat)

    def _lose(self, seat: _Seat) -> None:
        self._seats.remove(seat)
        seat.given.clear()
        seat.worker.kill()


class _Work:
    """What is to do and what is done.

    Args:
        number: Pieces of work.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._upcoming = 0
        self._losses: dict[int, int] = {}
        self.turn = 0
        self.again: deque[int] = deque()
        self.done: dict[int, Any] = {}
        self.fresh: list[tuple[int, Any]] = []

    @property
    def unfinished(self) -> int:
        """How many pieces have no result."""
        return self._number - self.turn - len(self.done)

    def next(self, ahead: int) -> int | None:
        """The next piece to begin; None where there is none, or it is too far before its turn."""
        if self.again:
            return self.again.popleft()
        if self._upcoming >= min(self._number, self.turn + ahead):
            return None
        self._upcoming += 1
        return self._upcoming - 1

    def put(self, index: int, result: Any) -> None:
        """A piece is done."""
        self.done[index] = result
        self.fresh.append((index, result))

    def lost(self, index: int, loss: Loss) -> None:
        """A worker was lost at a piece: it is done again, unless this has happened before."""
        self._losses[index] = self._losses.get(index, 0) + loss.blamed
        if self._losses[index] > RETRIES:
            self.put(index, Fault(FaultStatus.KILLED, f"it lost its worker twice, perhaps for memory: {loss.reason}"))
        else:
            self.again.appendleft(index)
