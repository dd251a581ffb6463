"""Limits on costs: the first that is exceeded, what binds where nothing fits, and what a limit may be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.costs.costs import COSTS
from lpzero.costs.limits import CostLimits, Excess, amount, nothing_fits
from lpzero.errors import InputError, NoResultError

positive = st.floats(min_value=1e-6, max_value=1e12)
some_costs = st.dictionaries(st.sampled_from(list(COSTS)), positive)
all_costs = st.fixed_dictionaries(dict.fromkeys(COSTS, positive))


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(highest=some_costs, found=all_costs)
def test_an_architecture_fits_where_no_cost_is_above_its_limit(
    highest: dict[str, float], found: dict[str, float]
) -> None:
    excess = CostLimits(highest).excess(found.__getitem__)
    above = {name for name, limit in highest.items() if found[name] > limit}
    assert (excess is None) == (not above)
    if excess is not None:
        assert excess == Excess(excess.name, found[excess.name])
        # what is found out for nothing is told first
        assert excess.name == min(above, key=list(COSTS).index)


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(highest=some_costs, found=all_costs, factor=st.floats(min_value=1.0, max_value=1e3))
def test_higher_limits_refuse_nothing_more(highest: dict[str, float], found: dict[str, float], factor: float) -> None:
    if CostLimits(highest).excess(found.__getitem__) is None:
        wider = CostLimits({name: limit * factor for name, limit in highest.items()})
        assert wider.excess(found.__getitem__) is None


def test_a_cost_at_its_limit_fits() -> None:
    assert CostLimits({"params": 100}).excess({"params": 100}.__getitem__) is None
    assert CostLimits({"params": 100}).excess({"params": 101}.__getitem__) == Excess("params", 101)
    nothing: dict[str, float] = {}
    assert CostLimits(nothing).excess(nothing.__getitem__) is None


@pytest.mark.parametrize("limit", [0, -1, math.nan, -math.inf])
def test_a_limit_that_nothing_can_keep_is_refused(limit: float) -> None:
    with pytest.raises(InputError, match=rf"^`limits.params`: expected more than 0, found {limit:g}$"):
        CostLimits({"params": limit})


def test_an_unknown_cost_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(InputError, match=rf"^unknown cost 'colour': expected one of {', '.join(COSTS)}$"):
        CostLimits({"params": 1, "colour": 3})


def test_the_binding_limit_is_the_one_that_refuses_most_with_the_lowest_that_was_drawn() -> None:
    refused = [Excess("params", 700.0), Excess("latency", 0.25), Excess("params", 1500.0), Excess("params", 1200.0)]
    err = nothing_fits(CostLimits({"params": 600, "latency": 0.1}), refused)
    assert isinstance(err, NoResultError)
    assert str(err) == (
        "no feasible architecture after 4 draws; the binding limit is `limits.params` 600: the lowest drawn has 700"
    )
    one = nothing_fits(CostLimits({"latency": 0.1}), [Excess("latency", 0.25)])
    assert str(one).endswith("the binding limit is `limits.latency` 100 ms: the lowest drawn has 250 ms")


@pytest.mark.parametrize(
    ("name", "cost", "text"),
    [
        ("params", 1_234_567.0, "1,234,567"),
        ("bytes", 4e9, "4,000,000,000"),
        ("latency", 0.00123456, "1.23 ms"),
        ("latency", 2.0, "2e+03 ms"),
    ],
)
def test_a_cost_for_people_has_three_digits_of_a_time_and_all_of_a_count(name: str, cost: float, text: str) -> None:
    assert amount(name, cost) == text
