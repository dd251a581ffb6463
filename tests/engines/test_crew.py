"""A crew: order, how much is on its way, workers that are lost, late or do not start, and the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from lpzero.engines.crew import AHEAD, STARTS, Crew, Loss
from lpzero.engines.fault import Fault, FaultStatus
from lpzero.errors import LpzeroError


class Gone(Exception):
    """A worker is gone."""


class Machine(Exception):
    """A whole machine is gone."""


class Threaded:
    """A worker in a thread, which is gone after whatever raised ``Gone`` or ``Machine``.

    Args:
        fails: What it raises instead of starting; None to start.
    """

    made: list[Threaded]

    def __init__(self, fails: Exception | None = None) -> None:
        self.fails, self.ended, self.killed = fails, False, False
        self._pool = ThreadPoolExecutor(1)
        self._gone: Exception | None = None

    def submit(self, function: Any, item: Any) -> Future[Any]:
        """Give it work."""
        if self._gone is not None:
            raise self._gone
        return self._pool.submit(self._carry_out, function, item)

    def _carry_out(self, function: Any, item: Any) -> Any:
        if self.fails is not None:
            raise self.fails
        if self._gone is not None:
            raise self._gone
        try:
            return function(item)
        except (Gone, Machine) as err:
            self._gone = err
            raise

    def kill(self) -> None:
        """End it at once."""
        self.killed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def loss(self, err: BaseException) -> Loss | None:
        """What an error says of it."""
        if isinstance(err, (Gone, Machine)):
            return Loss(f"gone: {err}", blamed=isinstance(err, Gone))
        return None

    def end(self) -> None:
        """End it."""
        self.ended = True
        self._pool.shutdown(wait=False)


def hired(number: int, fails: Callable[[int], Exception | None] = lambda _: None) -> tuple[Crew, list[Threaded]]:
    """A crew of threads, and its workers as they are hired."""
    made: list[Threaded] = []

    def hire() -> Threaded:
        made.append(Threaded(fails(len(made))))
        return made[-1]

    return Crew(hire, number), made


@pytest.mark.parametrize("number", [1, 3])
def test_results_come_in_order_and_arrive_once(number: int) -> None:
    crew, made = hired(number)

    def late_first(item: int) -> int:
        time.sleep(0.02 if item % 3 == 0 else 0.0)
        return item * item

    told: list[tuple[int, int]] = []
    wanted = [item * item for item in range(20)]
    found = list(crew.results(late_first, range(20), lambda index, result: told.append((index, result)), None))
    assert found == wanted
    assert sorted(told) == list(enumerate(wanted))
    assert len(made) == number
    crew.close(at_once=False)
    assert [(one.ended, one.killed) for one in made] == [(True, False)] * number


def test_no_more_workers_are_hired_than_there_is_work_and_they_stay() -> None:
    crew, made = hired(8)
    assert list(crew.results(abs, [-1, -2], None, None)) == [1, 2]
    assert len(made) == 2
    assert list(crew.results(abs, [], None, None)) == []
    assert list(crew.results(abs, [-3], None, None)) == [3]
    assert len(made) == 2
    crew.close(at_once=False)


def test_a_bounded_number_is_done_before_its_turn() -> None:
    crew, _ = hired(2)
    first, begun = threading.Event(), list[int]()

    def hold_the_first(item: int) -> int:
        begun.append(item)
        if item == 0:
            first.wait(20)
        return item

    done: list[int] = []

    def arrived(index: int, _: int) -> None:
        done.append(index)
        if len(done) == 2 * AHEAD - 2:
            first.set()

    found = list(crew.results(hold_the_first, range(60), arrived, 20.0))
    assert found == list(range(60))
    # the first was held until all that may go before it had: no more had begun
    assert set(done[: 2 * AHEAD - 2]) < set(range(2 * AHEAD))
    assert max(done[: 2 * AHEAD - 2]) < 2 * AHEAD
    crew.close(at_once=False)


def test_work_whose_worker_is_lost_is_done_once_more() -> None:
    crew, made = hired(1)
    tries: list[int] = []

    def lose_once(item: int) -> int:
        tries.append(item)
        if item == 1 and tries.count(1) == 1:
            raise Gone("power")
        return item

    assert list(crew.results(lose_once, [0, 1, 2], None, None)) == [0, 1, 2]
    assert tries.count(1) == 2
    assert [one.killed for one in made] == [True, False]
    crew.close(at_once=False)


def test_work_that_loses_its_worker_twice_is_a_fault_and_the_others_go_on() -> None:
    crew, made = hired(2)
    tries: list[int] = []

    def lose(item: int) -> int:
        tries.append(item)
        if item == 2:
            raise Gone("power")
        return item

    found = list(crew.results(lose, range(6), None, None))
    assert found[2] == Fault(FaultStatus.KILLED, "it lost its worker twice, perhaps for memory: gone: power")
    assert [one for i, one in enumerate(found) if i != 2] == [0, 1, 3, 4, 5]
    assert tries.count(2) == 2
    assert sum(one.killed for one in made) == 2
    crew.close(at_once=False)


def test_a_machine_that_goes_is_not_held_against_the_work() -> None:
    crew, _ = hired(1)
    tries: list[int] = []

    def lose_thrice(item: int) -> int:
        tries.append(item)
        if len(tries) <= 3:
            raise Machine("flood")
        return item

    assert list(crew.results(lose_thrice, [7], None, None)) == [7]
    assert len(tries) == 4
    crew.close(at_once=False)


def test_an_error_comes_at_its_place_and_nothing_behind_it_arrives_as_a_result() -> None:
    crew, made = hired(2)

    def fail(item: int) -> int:
        if item == 2:
            raise ValueError("two")
        return item

    results = crew.results(fail, range(5), None, None)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(results)
    # who had work in hand is gone, and the crew goes on
    assert list(crew.results(abs, [-1], None, None)) == [1]
    crew.close(at_once=True)
    assert all(one.killed for one in made)


def test_late_work_is_given_up_and_its_worker_ended() -> None:
    crew, made = hired(1)
    free = threading.Event()

    def wait(item: int) -> int:
        if item == 1:
            free.wait(20)
        return item

    started = time.monotonic()
    found = list(crew.results(wait, [0, 1, 2], None, 0.2))
    assert found == [0, Fault(FaultStatus.TIMEOUT, "not done within 0.2 s"), 2]
    assert time.monotonic() - started < 10
    assert [one.killed for one in made] == [True, False]
    free.set()
    crew.close(at_once=False)


def test_a_crew_that_does_not_start_says_so_and_what_to_do() -> None:
    crew, made = hired(1, lambda _: Gone("no memory"))
    message = "^workers do not start: gone: no memory: use fewer `jobs`, or `engine` serial; a script begins"
    with pytest.raises(LpzeroError, match=message):
        list(crew.results(abs, [1], None, None))
    assert len(made) == STARTS
    assert all(one.killed for one in made)


def test_an_error_of_a_start_that_is_no_loss_is_not_tried_again() -> None:
    crew, made = hired(1, lambda _: ImportError("no module"))
    with pytest.raises(LpzeroError, match="workers do not start: no module"):
        list(crew.results(abs, [1], None, None))
    assert len(made) == 1


def test_a_start_that_fails_once_is_tried_again() -> None:
    crew, made = hired(1, lambda number: Gone("once") if number == 0 else None)
    assert list(crew.results(abs, [-4], None, None)) == [4]
    assert [one.killed for one in made] == [True, False]
    crew.close(at_once=False)


def test_what_is_given_up_ends_its_workers() -> None:
    crew, made = hired(2)
    free = threading.Event()

    def hold(item: int) -> int:
        if item >= 1:
            free.wait(20)
        return item

    results = crew.results(hold, range(5), None, None)
    assert next(results) == 0
    results.close()
    assert any(one.killed for one in made)
    free.set()
    assert list(crew.results(abs, [-1, -2], None, None)) == [1, 2]
    crew.close(at_once=False)
