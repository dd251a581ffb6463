"""The evolution: the best are bred from and found, whichever way the scores go, and phases do not mix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.errors import NoResultError
from lpzero.nas.pool import ClosedPool, OpenPool
from lpzero.nas.schedule.config import ScheduleConfig
from lpzero.nas.schedule.evolution import bred, drawn_beside, evolved, selected
from lpzero.progress import Progress, unwatched
from lpzero.spaces.architecture import Architecture
from lpzero.tables import load_table
from tests.nas.schedule.told import SPACE, Told, answers_of, depth, width

TABLE = load_table("gpt2-own")
SIZES = {"parents": 4, "mutants": 5, "crossovers": 3, "iterations": 6, "mutation": 0.3}


def config(*begins: int, **sizes: Any) -> ScheduleConfig:
    """As many phases as there are numbers, each with a predictor of its own."""
    one = {"kind": "proxy", "name": "one", "text": "depth", "higher_is_better": True}
    phases = [{"begins": begin, "predictor": place} for place, begin in enumerate(begins)]
    values = {"space": "gpt2", "protocol": "own", "predictors": [one] * len(begins), "phases": phases, "control": True}
    return ScheduleConfig.model_validate({**values, "evolution": {**SIZES, **sizes}})


def pool(**limits: float) -> OpenPool:
    return OpenPool(Costs(SPACE), CostLimits(limits))


def key(architecture: Architecture) -> str:
    return SPACE.model_key(architecture)


@pytest.mark.parametrize("higher", [True, False])
def test_the_best_of_the_last_phase_is_its_best_and_not_its_worst_parent(higher: bool, tmp_path: Path) -> None:
    """The published code sorts rising, keeps the last 25, and reports the first of them."""
    judge = Told(width, higher_is_better=higher)
    (answers,) = answers_of(tmp_path, judge)
    (ledger,) = evolved(config(0), pool(), [answers], np.random.default_rng(0), unwatched)
    scores = [one.scores[0] for one in ledger.entries.values()]
    best = ledger.best(1)[0]
    assert best.scores[0] == (max if higher else min)(s for s in scores if s is not None) == (256.0 if higher else 64.0)
    population = [one.architecture for one in ledger.entries.values()]
    widths = [width(one) for one in selected(ledger, population, 4)]
    assert widths == sorted((width(one) or 0.0 for one in population), reverse=higher)[:4]


def test_the_best_of_the_phase_are_shown_after_every_iteration_the_best_first(tmp_path: Path) -> None:
    told: list[Progress] = []
    first, second = Told(width), Told(depth, higher_is_better=False)
    answers = answers_of(tmp_path, first, second)
    ledgers = evolved(config(0, 3), pool(), answers, np.random.default_rng(0), told.append)
    # a phase that begins has nothing to show
    assert [len(one.best) > 0 for one in told] == [False, True, True, False, True, True, True]
    (_, *rows) = told[-1].best
    assert [row[0] for row in rows] == [SPACE.key(one.architecture)[:16] for one in ledgers[-1].best(8)]
    values = [float(row[1]) for row in rows]
    assert values == sorted(values)
    assert values[0] == min(s for one in ledgers[-1].entries.values() if (s := one.scores[0]) is not None)


def test_at_a_switch_the_population_is_scored_anew_and_phases_share_nothing(tmp_path: Path) -> None:
    first, second = Told(width), Told(depth, higher_is_better=False)
    answers = answers_of(tmp_path, first, second)
    ledgers = evolved(config(0, 3), pool(), answers, np.random.default_rng(0), unwatched)
    assert [len(one.met) for one in answers] == [12 + 2 * 8] * 2
    assert [one.asked for one in answers] == [3 * 12] * 2
    assert [len(ledger.entries) for ledger in ledgers] == [28, 28]
    # the parents of the last iteration before the switch are the first that the second predictor is asked about
    scored = [one.architecture for one in ledgers[0].entries.values()]
    parents = selected(ledgers[0], scored, 4)
    assert second.asked[:4] == parents
    assert {width(one) for one in parents} == {256.0}
    best = ledgers[1].best(1)[0]
    assert best.scores == (min(s for one in second.asked if (s := depth(one)) is not None),)
    assert ledgers[1].higher == (False,)


def test_a_predictor_of_two_phases_is_asked_once(tmp_path: Path) -> None:
    one, other = Told(width), Told(depth)
    answers = answers_of(tmp_path, one, other)
    phases = [{"begins": begin, "predictor": place} for begin, place in ((0, 0), (2, 1), (4, 0))]
    settings = ScheduleConfig.model_validate({**config(0, 1).model_dump(), "phases": phases})
    ledgers = evolved(settings, pool(), answers, np.random.default_rng(0), unwatched)
    assert len(ledgers) == 3
    keys = [key(architecture) for architecture in one.asked]
    assert len(keys) == len(set(keys)) == len(answers[0].met)
    assert answers[0].asked == 4 * 12
    assert len(ledgers[2].entries) < len(keys)


def test_no_two_of_a_population_are_one_model_and_all_of_them_fit(tmp_path: Path) -> None:
    judge = Told(width)
    evolved(config(0), pool(params=500_000), answers_of(tmp_path, judge), np.random.default_rng(0), unwatched)
    assert len({key(one) for one in judge.asked}) == len(judge.asked) == 12 + 5 * 8
    assert max(SPACE.parameter_counts(one)["total"] for one in judge.asked) <= 500_000


def test_who_has_no_score_is_no_parent(tmp_path: Path) -> None:
    judge = Told(depth)
    (answers,) = answers_of(tmp_path, judge)
    some = [record.architecture for record in TABLE.records]
    seven, six = (next(one for one in some if one.depth == number) for number in (7, 6))
    (ledger,) = evolved(config(0), pool(), [answers], np.random.default_rng(1), unwatched)
    ledger.add(answers.of([seven, six]))
    assert selected(ledger, [seven, six], 4) == [six]


def test_where_nobody_has_a_score_the_reason_is_said(tmp_path: Path) -> None:
    def nothing(architecture: Architecture) -> None:
        del architecture

    answers = answers_of(tmp_path, Told(width), Told(nothing))
    with pytest.raises(NoResultError, match=r"^nothing scores nobody of the population of iteration 2: no value$"):
        evolved(config(0, 2), pool(), answers, np.random.default_rng(0), unwatched)


def test_a_small_table_is_used_up_and_the_search_still_ends(tmp_path: Path) -> None:
    some = tuple(record.architecture for record in TABLE.records[:20])
    closed = ClosedPool(pool().costs, some, CostLimits({}))
    first, second = Told(width), Told(depth)
    ledgers = evolved(config(0, 4), closed, answers_of(tmp_path, first, second), np.random.default_rng(0), unwatched)
    assert {key(one) for one in first.asked} == {key(one) for one in some}
    assert ledgers[0].best(1)[0].scores[0] == max(width(one) or 0.0 for one in some)
    assert set(second.asked) <= set(some)


def test_children_are_new_to_whoever_scores_them() -> None:
    rng, settings = np.random.default_rng(0), config(0)
    parents = [SPACE.sample(rng) for _ in range(4)]
    first = bred(pool(), parents, settings.evolution, np.random.default_rng(1), set())
    again = bred(pool(), parents, settings.evolution, np.random.default_rng(1), {key(one) for one in first[:3]})
    assert len(first) == len(again) == 8
    assert not {key(one) for one in again} & {key(one) for one in (*first[:3], *parents)}


def test_every_iteration_is_told(tmp_path: Path) -> None:
    told: list[Progress] = []
    answers = answers_of(tmp_path, Told(width), Told(depth))
    evolved(config(0, 3), pool(), answers, np.random.default_rng(0), told.append)
    assert [one.share for one in told] == [i / 6 for i in range(7)]
    assert told[0].facts == "0/6 iterations, 0 scored by width"
    assert told[-1].facts == "6/6 iterations, 28 scored by depth"


def test_the_random_search_asks_the_same_predictor_without_its_populations(tmp_path: Path) -> None:
    judge = Told(width, higher_is_better=False)
    (answers,) = answers_of(tmp_path, judge)
    ledger = drawn_beside(pool(), 9, answers, np.random.default_rng(0))
    assert len(ledger.entries) == len(answers.beside) == 9
    assert (answers.asked, answers.met) == (0, {})
    assert ledger.best(1)[0].scores[0] == min(width(one) or 0.0 for one in judge.asked)
