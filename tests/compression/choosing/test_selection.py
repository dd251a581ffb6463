"""Exact selection: the optimum of full enumeration, and what nothing fits."""

from __future__ import annotations

import itertools
import math
import os
import random
import time

import pytest

from lpzero.compression.choosing.selection import Option, front, select, smallest
from lpzero.errors import InputError

Slots = list[list[Option]]


def drawn(rng: random.Random, *, whole: bool) -> tuple[Slots, dict[str, float]]:
    def amount() -> float:
        return rng.randint(0, 40) * 576 if whole else rng.random()

    slots = [
        [Option(rng.choice([0.0, rng.random()]), {"a": amount(), "b": amount()}) for _ in range(rng.randint(1, 4))]
        for _ in range(rng.randint(1, 6))
    ]
    most = {name: sum(max(option.amounts[name] for option in options) for options in slots) for name in "ab"}
    names = rng.choice([["a"], ["b"], ["a", "b"]])
    return slots, {name: rng.uniform(0.2, 1) * most[name] for name in names}


def by_hand(slots: Slots, limits: dict[str, float]) -> float:
    return min(
        (
            sum(option.cost for option in some)
            for some in itertools.product(*slots)
            if all(sum(option.amounts[name] for option in some) <= limit for name, limit in limits.items())
        ),
        default=math.inf,
    )


@pytest.mark.property
@pytest.mark.parametrize("whole", [True, False])
def test_the_optimum_is_that_of_full_enumeration(whole: bool) -> None:
    rng = random.Random(5)
    for _ in range(150):
        slots, limits = drawn(rng, whole=whole)
        expected = by_hand(slots, limits)
        if expected == math.inf:
            with pytest.raises(InputError, match="smallest possible"):
                select(slots, limits)
            continue
        found = select(slots, limits)
        assert found.cost == pytest.approx(expected, abs=1e-7)
        assert found.gap < 1e-7
        options = [some[place] for some, place in zip(slots, found.chosen, strict=True)]
        for name, limit in limits.items():
            assert found.amounts[name] == pytest.approx(sum(option.amounts[name] for option in options))
            assert found.amounts[name] <= limit


def test_of_equal_options_the_first_is_chosen() -> None:
    options = [Option(2, {"a": 1}), Option(1, {"a": 2}), Option(1, {"a": 2}), Option(1, {"a": 3})]
    assert select([options], {"a": 3}).chosen == (1,)
    assert select([options], {"a": 1}).chosen == (0,)


def test_a_limit_that_is_just_met_is_met() -> None:
    one, other = Option(1.0, {"params": 28_312_128}), Option(0.0, {"params": 106_166_593})
    assert select([[one, other]], {"params": 106_166_593}).chosen == (1,)
    assert select([[one, other]], {"params": 106_166_592}).chosen == (0,)


def test_what_nothing_fits_names_the_smallest_possible() -> None:
    slots = [[Option(0, {"a": 5, "b": 1}), Option(0, {"a": 1, "b": 5})]] * 2
    with pytest.raises(InputError, match=r"`limits.a`: nothing is within 1: the smallest possible is 2$"):
        select(slots, {"a": 1, "b": 100})
    with pytest.raises(InputError, match=r"`limits.a`: nothing is within 5 .* beside them is 6$"):
        select(slots, {"a": 5, "b": 6})
    with pytest.raises(InputError, match=r"smallest possible is 6$"):
        select(slots, {"a": 5}, required={"b": 6})
    assert smallest(slots, "a") == 2
    assert smallest(slots, "a", {"b": 1}) == math.inf


@pytest.mark.property
def test_without_the_best_comes_the_next() -> None:
    rng = random.Random(9)
    for _ in range(20):
        slots, _ = drawn(rng, whole=True)
        places = itertools.product(*(range(len(options)) for options in slots))
        costs = sorted(sum(options[place].cost for options, place in zip(slots, some, strict=True)) for some in places)
        found: list[tuple[int, ...]] = []
        for expected in costs[:3]:
            one = select(slots, {"a": 1e12}, without=found)
            assert one.cost == pytest.approx(expected, abs=1e-7)
            assert one.chosen not in found
            found.append(one.chosen)


def test_costs_have_to_be_finite() -> None:
    with pytest.raises(InputError, match="finite costs"):
        select([[Option(math.nan, {})]], {"a": 1})


def test_a_front_of_a_real_size_takes_seconds() -> None:
    rng = random.Random(1)
    slots = [
        [
            Option(
                (16 - width) ** 2 * rng.random() + (3 - groups) ** 2 * rng.random(),
                {"a": 1728 * 96 * width + 294_912 * groups},
            )
            for width in range(17)
            for groups in range(4)
        ]
        for _ in range(30)
    ]
    begun = time.process_time()
    found = front(slots, "a", [1e8 * (0.3 + 0.03 * step) for step in range(20)])
    costs = [one.cost for one in found]
    assert costs == sorted(costs, reverse=True)
    assert time.process_time() - begun < 10


def test_nothing_is_written_to_stdout(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(2)
    for _ in range(30):
        slots, limits = drawn(rng, whole=True)
        if by_hand(slots, limits) < math.inf:
            select(slots, limits)
    with monkeypatch.context() as closed:
        closed.setattr(os, "dup", lambda _: (_ for _ in ()).throw(OSError))
        assert select([[Option(1, {"a": 1})]], {"a": 1}).chosen == (0,)
    print("after")  # noqa: T201  (stdout is there again)
    assert capfd.readouterr().out == "after\n"
