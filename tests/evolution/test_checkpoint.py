"""A checkpoint is the whole state: read back it goes on bit for bit, and a damaged one is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.errors import InputError
from lpzero.evolution.archive import Numbers
from lpzero.evolution.checkpoint import SCHEMA, from_document, to_document
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.evolution import State
from lpzero.evolution.individual import Individual
from lpzero.evolution.island import Island
from lpzero.fitness import Correlation, Status

CONFIG = EvolveConfig(space="gpt2", protocol="own", table="gpt2-own", islands=2, population=4)
TEXTS = ("sum(l1(weight))", "mean(std(grad))", "sum(l1(weight * grad))")
share = st.floats(min_value=-1, max_value=1)


def candidate(text: str, value: float, *, validation: bool = True) -> Candidate:
    found = Correlation(value, value / 3, -value, 0.7)
    return Candidate(
        key=text,
        size=4,
        status=Status.OK,
        higher_is_better=value > 0,
        objective=value / 3,
        signature=hash(text) >> 3,
        search=found,
        validation=found if validation else None,
        both=found,
    )


def state(values: tuple[float, float, float] = (0.1, -0.2, 1 / 3), numbers: tuple[int, ...] = (5, -7)) -> State:
    one, two, three = (candidate(t, v, validation=v > 0) for t, v in zip(TEXTS, values, strict=True))
    rngs = [np.random.default_rng(seed) for seed in (3, 4)]
    # in the middle of a word of 64 bits, half of which the generator keeps
    rngs[0].integers(10, size=3, dtype=np.uint32)
    islands = [
        Island(rngs[0], [Individual(one, CONFIG.parsimony), Individual(two, CONFIG.parsimony)], 0.25, 3, 1),
        Island(rngs[1]),
    ]
    return State(
        islands,
        generation=4,
        begun=True,
        kept=[three, one],
        met=Numbers(fresh=set(numbers)),
        signatures=Numbers(fresh={9}),
        evaluated=31,
        duplicates=2,
        pruned={"constant": 3},
        best=values[0],
        best_tau=values[1],
        stale=1,
        seconds=1.5,
    )


def through_text(value: State) -> State:
    return from_document(json.loads(json.dumps(to_document(value), allow_nan=False)), CONFIG)


def test_a_state_comes_back_whole() -> None:
    before, after = state(), through_text(state())
    assert to_document(after) == to_document(before)
    assert after.kept == before.kept
    assert [one.candidate for one in after.islands[0].population] == [
        one.candidate for one in before.islands[0].population
    ]
    assert [one.worth for one in after.islands[0].population] == [one.worth for one in before.islands[0].population]
    for name in ("generation", "begun", "evaluated", "duplicates", "pruned", "best", "best_tau", "stale", "seconds"):
        assert getattr(after, name) == getattr(before, name)
    assert [(i.best, i.stale, i.restarts) for i in after.islands] == [(0.25, 3, 1), (None, 0, 0)]


def test_the_generators_go_on_where_they_stood() -> None:
    before, after = state(), through_text(state())
    for one, other in zip(before.islands, after.islands, strict=True):
        assert one.rng.integers(1 << 32, size=5, dtype=np.uint32).tolist() == (
            other.rng.integers(1 << 32, size=5, dtype=np.uint32).tolist()
        )
        assert one.rng.normal(size=3).tolist() == other.rng.normal(size=3).tolist()


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(
    values=st.tuples(share, share, share),
    numbers=st.lists(st.integers(-(1 << 63), (1 << 63) - 1), max_size=20).map(tuple),
)
def test_every_digit_and_every_hash_survives(values: tuple[float, float, float], numbers: tuple[int, ...]) -> None:
    after = through_text(state(values, numbers))
    assert (after.best, after.best_tau) == values[:2]
    assert [one.search for one in after.kept] == [one.search for one in state(values).kept]
    assert after.met.sorted.tolist() == sorted(set(numbers))
    assert all(number in after.met for number in numbers)


def test_a_fresh_state_comes_back() -> None:
    fresh = State.fresh(CONFIG)
    assert to_document(through_text(fresh)) == to_document(fresh)


def test_an_individual_has_the_fitness_of_the_settings() -> None:
    config = CONFIG.model_copy(update={"select": "nsga2"})
    document = to_document(state())
    one, many = (from_document(document, c).islands[0].population[0].fitness.values for c in (CONFIG, config))
    assert (len(one), len(many)) == (1, 3)


Change = Callable[[dict[str, Any]], object]
DAMAGES: dict[str, tuple[Change, str]] = {
    "another schema": (lambda d: d.update(schema=SCHEMA - 1), f"expected a checkpoint of schema {SCHEMA}, found 1"),
    "no schema": (lambda d: d.pop("schema"), r"damaged \(KeyError: 'schema'\)"),
    "a negative number": (lambda d: d.update(generation=-1), r"damaged \(generation: .*greater than or equal to 0"),
    "a text": (lambda d: d.update(evaluated="31"), r"damaged \(evaluated: "),
    "no number": (lambda d: d.update(best=float("nan")), r"damaged \(best: "),
    "an island less": (lambda d: d["islands"].pop(), "expected a checkpoint of 2 islands, found 1"),
    "an unknown formula": (lambda d: d["kept"].append("sum(l1(head))"), r"damaged \(KeyError"),
    "no formula": (lambda d: d["formulas"][0].update(key="sum(l1("), "formula"),
    "a key too many": (lambda d: d["formulas"][0].update(worth=1.0), r"damaged \(worth: "),
    "no objective": (lambda d: d["formulas"][0].update(objective=None), r"damaged \(AssertionError"),
    "another generator": (lambda d: d["islands"][0]["rng"].update(bit_generator="MT19937"), "damaged"),
    "half a state": (lambda d: d["islands"][0]["rng"].pop("state"), "damaged"),
    "no base 64": (lambda d: d.update(met="%%%%"), r"damaged \(Error"),
    "half a number": (lambda d: d.update(met="AAAA"), r"damaged \(ValueError"),
    "no list": (lambda d: d.update(islands=3), r"damaged \(TypeError"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_refused_in_one_line(damage: str) -> None:
    change, message = DAMAGES[damage]
    document = json.loads(json.dumps(to_document(state())))
    # of the candidates the first of a population
    document["formulas"].sort(key=lambda one: one["key"] != TEXTS[0])
    change(document)
    with pytest.raises(InputError, match=message) as raised:
        from_document(document, CONFIG)
    assert len(str(raised.value).splitlines()) == 1
