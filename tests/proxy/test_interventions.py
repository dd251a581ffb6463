"""Scores under interventions: against direct computation, for any number of workers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lpzero.engines import Engine, Serial
from lpzero.errors import InputError
from lpzero.operands.probe import Probe, untrained_model
from lpzero.proxy import load_proxy
from lpzero.proxy.interventions import ORIGINAL, interventions, score_interventions
from lpzero.proxy.score import Score, score_architectures
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

SHOWN = Probe(batch=2, tokens=8)
SNIP = "sum(l1(weight * grad))"


def _nothing(_done: int, _total: int) -> None:
    return None


@pytest.fixture(scope="module")
def space() -> SearchSpace:
    return get_space("flexibert", "own")


@pytest.fixture(scope="module")
def architectures(space: SearchSpace) -> list[Architecture]:
    return [space.sample(np.random.default_rng(i)) for i in range(3)]


def _scores(space: SearchSpace, architectures: list[Architecture], text: str, **options: Any) -> dict[str, list[Score]]:
    options = {"redraws": 2, "engine": Serial(), **options}
    return score_interventions(space, architectures, load_proxy(text), SHOWN, progress=_nothing, **options)


def _values(scores: list[Score]) -> list[float | None]:
    return [score.value for score in scores]


@pytest.mark.parametrize("text", [SNIP, "sum(std(hidden))", "sum(l1(weight))", "fisher", "depth"])
def test_the_original_is_what_every_other_command_scores(
    space: SearchSpace, architectures: list[Architecture], text: str
) -> None:
    rows = score_architectures(space, architectures, [load_proxy(text)], SHOWN, engine=Serial(), progress=_nothing)
    assert _values(_scores(space, architectures, text)[ORIGINAL]) == [row[0].value for row in rows]


def test_each_intervention_changes_what_it_says(space: SearchSpace, architectures: list[Architecture]) -> None:
    scores = _scores(space, architectures, SNIP)
    assert set(scores) == {ORIGINAL, *interventions(2)}
    assert _values(scores.pop("gradients_zero")) == [0.0, 0.0, 0.0]
    for values in zip(*map(_values, scores.values()), strict=True):
        assert len(set(values)) == len(values), "no two interventions give one score"


def test_permuted_weights_keep_what_no_place_matters_for(space: SearchSpace, architectures: list[Architecture]) -> None:
    scores = _scores(space, architectures, "sum(l1(weight))")
    assert _values(scores["shape_permuted"]) == pytest.approx(_values(scores[ORIGINAL]), rel=1e-5)
    # a standard normal number is sqrt(2 / pi) from 0 on average
    for architecture, score in zip(architectures, scores["shape_gaussian"], strict=True):
        model, site_map = untrained_model(space, architecture, SHOWN)
        parameters = dict(model.named_parameters())
        numbers = sum(parameters[site.parameter].numel() for site in site_map.parameters)
        assert score.value == pytest.approx(numbers * np.sqrt(2 / np.pi), rel=0.02)


def test_what_an_intervention_does_not_touch_is_not_scored_again(
    space: SearchSpace, architectures: list[Architecture]
) -> None:
    redrawn = {"weights_redrawn_1", "weights_redrawn_2"}
    shape, tokens = {"shape_permuted", "shape_gaussian"}, {"tokens_redrawn", "tokens_shuffled"}
    assert set(_scores(space, architectures, "depth")) == {ORIGINAL}
    assert set(_scores(space, architectures, "sum(l1(weight))")) == {ORIGINAL} | redrawn | shape
    assert set(_scores(space, architectures, "sum(std(hidden))")) == {ORIGINAL} | redrawn | shape | tokens
    assert set(_scores(space, architectures, "fisher")) == {ORIGINAL} | redrawn | tokens


def test_workers_change_no_score(space: SearchSpace, architectures: list[Architecture], processes: Engine) -> None:
    one, two = (_scores(space, architectures, SNIP, engine=engine) for engine in (Serial(), processes))
    assert {name: _values(column) for name, column in one.items()} == {
        name: _values(column) for name, column in two.items()
    }


def test_a_model_without_room_has_that_status_under_every_intervention(
    space: SearchSpace, architectures: list[Architecture], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Any:
        raise MemoryError("no room for 40 GiB")

    monkeypatch.setattr("lpzero.proxy.interventions.extract", full)
    monkeypatch.setattr("lpzero.proxy.score.values_on", full)
    scores = _scores(space, architectures, SNIP)
    assert set(scores) == {ORIGINAL, *interventions(2)}
    assert {s.status.value for column in scores.values() for s in column} == {"out_of_memory"}


def test_no_redraw_and_a_batch_that_does_not_fit_are_refused(
    space: SearchSpace, architectures: list[Architecture]
) -> None:
    with pytest.raises(InputError, match="at least 1 redrawn initialisation, found 0"):
        _scores(space, architectures, SNIP, redraws=0)
    with pytest.raises(InputError, match="at most 64 tokens for flexibert, found 65"):
        score_interventions(
            space,
            architectures,
            load_proxy("sum(l1(weight))"),
            replace(SHOWN, tokens=65),
            redraws=1,
            engine=Serial(),
            progress=_nothing,
        )
