"""Ask and tell: whatever comes back in whatever order, nothing is suggested twice, and the best is found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.acquisition.start import COUNT
from lpzero.acquisition.suggester import FIRST, Suggester
from lpzero.errors import InputError
from lpzero.predictors.description import Description, Known
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

Asks = Callable[..., Suggester]
Loss = Callable[[Architecture], float]


def test_the_start_is_by_count_and_then_labels_tell(asks: Asks, known: Known, loss: Loss) -> None:
    one = asks()
    first = one.ask(4)
    assert {each.by for each in first.suggestions} == {"start"}
    assert first.chance is None
    least = min(known.describe([each.architecture])[0].values[COUNT] for each in first.suggestions)
    assert sum(what.values[COUNT] > least for what in known.known.values()) < 4
    for each in first.suggestions:
        one.tell(each.architecture, loss(each.architecture))
    second = one.ask(2)
    assert {each.by for each in second.suggestions} == {"labels"}
    assert 0 < (second.chance or 0) < 1


def test_one_of_the_best_is_found_before_half_is_tried(asks: Asks, drawn: tuple[Architecture, ...], loss: Loss) -> None:
    one, best = asks(), sorted(map(loss, drawn))[:2]
    found: list[float] = []
    while not set(best) & set(found):
        for each in one.ask(2).suggestions:
            found.append(loss(each.architecture))
            one.tell(each.architecture, found[-1])
    assert len(found) <= 16


@pytest.mark.property
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_whatever_comes_back_nothing_is_suggested_twice(
    data: st.DataObject, asks_once: Asks, small_once: SearchSpace, loss_once: Loss
) -> None:
    one = asks_once(seed=data.draw(st.integers(0, 5)))
    out: list[Architecture] = []
    seen: set[str] = set()
    for _ in range(5):
        batch = one.ask(data.draw(st.integers(1, 5))).suggestions
        keys = {small_once.model_key(each.architecture) for each in batch}
        assert len(keys) == len(batch)
        assert not keys & seen
        seen |= keys
        out += [each.architecture for each in batch]
        for architecture in data.draw(st.permutations(out))[: data.draw(st.integers(0, len(out)))]:
            out.remove(architecture)
            if data.draw(st.booleans()):
                one.tell(architecture, loss_once(architecture))
            else:
                one.tell(architecture, status="diverged")
    assert one.tried.models == seen
    assert {each.architecture for each in one.tried.pending} == set(out)


@pytest.fixture(scope="session")
def small_once(small: SearchSpace) -> SearchSpace:
    return small


@pytest.fixture(scope="session")
def loss_once(loss: Loss) -> Loss:
    return loss


@pytest.fixture(scope="session")
def asks_once(small: SearchSpace, drawn: tuple[Architecture, ...], known: Known) -> Asks:
    from lpzero.costs.costs import Costs
    from lpzero.costs.limits import CostLimits
    from lpzero.nas.pool import ClosedPool

    pool = ClosedPool(Costs(small), drawn, CostLimits({}))
    return lambda **given: Suggester(pool, known, higher_is_better=False, **given)


def test_the_order_of_the_labels_makes_no_difference(asks: Asks, drawn: tuple[Architecture, ...], loss: Loss) -> None:
    rng, said = np.random.default_rng(0), []
    for _ in range(3):
        one = asks(acquisition="improvement")
        for index in rng.permutation(12):
            one.tell(drawn[index], loss(drawn[index]))
        said.append(one.ask(5))
    assert said[0] == said[1] == said[2]


def test_higher_and_lower_mirror_each_other(asks: Asks, drawn: tuple[Architecture, ...], loss: Loss) -> None:
    lower, higher = asks(), asks(higher_is_better=True)
    for each in drawn[:12]:
        lower.tell(each, loss(each))
        # both below 0 when turned round: regressed on by the logarithm
        higher.tell(each, -loss(each))
    one, other = lower.ask(3).suggestions, higher.ask(3).suggestions
    for first, second in zip(one, other, strict=True):
        assert first.architecture == second.architecture
        assert (first.value, first.low, first.high) == pytest.approx((-second.value, -second.high, -second.low))  # type: ignore[operator]
        assert first.chance == pytest.approx(second.chance)


def test_going_on_ends_where_nothing_is_left(asks: Asks, loss: Loss) -> None:
    one = asks()
    for number in (8, 8, 8, 8, 30):
        for each in one.ask(number).suggestions:
            one.tell(each.architecture, loss(each.architecture))
    assert len(one.tried.labelled) == 40
    assert one.ask(3).suggestions == ()


def test_what_cannot_be_described_is_left_out(asks: Asks, known: Known, drawn: tuple[Architecture, ...]) -> None:
    rows = {**known.known, drawn[0].digest: Description(reason="no model")}
    one = asks()
    one._source = Known(known.source, rows)
    batch = one.ask(40)
    assert batch.left_out == 1
    assert drawn[0] not in [each.architecture for each in batch.suggestions]
    assert len(batch.suggestions) == 39


def test_too_few_labels_are_no_labels(asks: Asks, drawn: tuple[Architecture, ...], loss: Loss) -> None:
    one = asks()
    for each in drawn[: FIRST - 1]:
        one.tell(each, loss(each))
    assert {each.by for each in one.ask(2).suggestions} == {"start"}
    one.tell(drawn[FIRST], loss(drawn[FIRST]))
    assert {each.by for each in one.ask(2).suggestions} == {"labels"}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda one, a: one.ask(0), "`number`: expected at least 1, found 0"),
        (lambda one, a: one.tell(a), "expected a quality, or the status"),
        (lambda one, a: one.tell(a, status="burnt"), "`status`: expected one of ok, pending, .* found 'burnt'"),
        (lambda one, a: one.tell(a, float("nan")), "expected a finite quality"),
    ],
)
def test_what_means_nothing_is_refused(
    asks: Asks, drawn: tuple[Architecture, ...], call: Callable[[Suggester, Architecture], object], said: str
) -> None:
    one = asks()
    with pytest.raises(InputError, match=said):
        call(one, drawn[0])
    assert not one.tried.attempts


@pytest.mark.parametrize(
    ("settings", "said"), [({"acquisition": "luck"}, "unknown acquisition"), ({"level": 2}, "`level`")]
)
def test_settings_that_there_are_not_are_refused(asks: Asks, settings: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        asks(**settings)
