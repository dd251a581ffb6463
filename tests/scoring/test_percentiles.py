"""Percentiles among random architectures, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.operands.probe import Probe
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.score import Score, ScoreStatus, score_architectures
from lpzero.scoring.percentiles import SpaceSample
from lpzero.seeds import derived_seed
from lpzero.spaces import get_space

SPACE = get_space("gpt2", "own")
PROBE = Probe(seed=4, batch=1, tokens=8)
DRAWN = 25


def _score(value: float | None) -> Score:
    return Score(ScoreStatus.OK if value is not None else ScoreStatus.FAILED, value, 0.0)


@pytest.fixture(scope="module")
def depths() -> list[int]:
    """Of the architectures that the seed draws."""
    rng = np.random.default_rng(derived_seed(PROBE.seed, "percentiles"))
    return [SPACE.sample(rng).depth for _ in range(DRAWN)]


def _sample(*proxies: Proxy, number: int = DRAWN, within: str | None = None) -> SpaceSample:
    return SpaceSample(number, within, proxies, PROBE, 1)


def _share(value: int, others: list[int]) -> float:
    return 100 * sum((other < value) + (other == value) / 2 for other in others) / len(others)


def test_it_is_the_share_that_is_worse_and_half_of_what_is_equal(depths: list[int]) -> None:
    sample = _sample(load_proxy("depth"))
    for value in (min(depths) - 1, min(depths), sorted(depths)[DRAWN // 2], max(depths)):
        found = sample.percentiles("m", SPACE, [_score(value)])
        assert found is not None
        assert found.of == {"depth": pytest.approx(_share(value, depths))}
        assert (found.space, found.protocol, found.drawn) == ("gpt2", "own", DRAWN)


def test_a_lower_score_is_the_better_one_where_the_proxy_says_so(depths: list[int]) -> None:
    depth = load_proxy("depth")
    turned = Proxy("turned", depth.formula, depth.metric, higher_is_better=False)
    value = sorted(depths)[DRAWN // 2]
    found = _sample(turned).percentiles("m", SPACE, [_score(value)])
    assert found is not None
    assert found.of == {"turned": pytest.approx(_share(-value, [-depth for depth in depths]))}


def test_what_has_no_score_has_no_percentile(depths: list[int]) -> None:
    overflow = load_proxy("sum(exp(exp(exp(l1(weight)))))")
    sample = _sample(overflow, load_proxy("depth"), number=3)
    found = sample.percentiles("m", SPACE, [_score(1.0), _score(None)])
    assert found is not None
    assert found.of == {overflow.name: None, "depth": None}


def test_architectures_are_scored_once_for_all_models(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def counted(space: object, *arguments: object, **named: object) -> object:
        calls.append(str(space))
        return score_architectures(space, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("lpzero.scoring.percentiles.score_architectures", counted)
    sample = _sample(load_proxy("depth"))
    sample.percentiles("a", SPACE, [_score(1.0)])
    sample.percentiles("b", SPACE, [_score(5.0)])
    assert len(calls) == 1
    # another protocol has other models
    sample.percentiles("c", get_space("flexibert", "own"), [_score(1.0)])
    assert len(calls) == 2


def test_the_space_that_was_said_comes_first() -> None:
    found = _sample(load_proxy("depth"), within="flexibert").percentiles("m", SPACE, [_score(1.0)])
    assert found is not None
    assert found.space == "flexibert"
    assert _sample(load_proxy("depth"), within="flexibert").percentiles("m", None, [_score(1.0)]) == found


def test_without_percentiles_no_space_is_needed() -> None:
    assert _sample(load_proxy("depth"), number=0).percentiles("m", None, [_score(1.0)]) is None
    with pytest.raises(InputError, match=r"^m: `percentiles`: its space is not known: say which one with `within`$"):
        _sample(load_proxy("depth")).percentiles("m", None, [_score(1.0)])
