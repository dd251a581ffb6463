"""What follows from the settings of a search by a schedule, and what is refused before there is a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lpzero.costs.cost import CostValue
from lpzero.engines import Workers
from lpzero.errors import InputError, NoResultError
from lpzero.nas.pool import ClosedPool, OpenPool
from lpzero.nas.schedule.config import ScheduleConfig
from lpzero.nas.schedule.folder import ScheduleRunFolder
from lpzero.nas.schedule.predictor import ByFitted, ByProxy
from lpzero.nas.schedule.setting import ScheduleSetting, prepare_schedule
from lpzero.progress import unwatched

PROXY = {"kind": "proxy", "name": "mine", "text": "depth", "higher_is_better": False}
LOOKUP = {"kind": "lookup", "name": "lookup:gpt2-own", "text": "gpt2-own", "higher_is_better": False}


def config(**changes: Any) -> ScheduleConfig:
    sizes = {"parents": 2, "mutants": 2, "crossovers": 2, "iterations": 2, "mutation": 0.3}
    phases = [{"begins": 0, "predictor": 0}, {"begins": 1, "predictor": 1}]
    given = {"space": "gpt2", "protocol": "own", "batch": 1, "tokens": 4, "evolution": sizes, "phases": phases}
    return ScheduleConfig.model_validate({**given, "predictors": [PROXY, LOOKUP], "control": True, **changes})


def prepared(run: ScheduleRunFolder | None = None, **changes: Any) -> ScheduleSetting:
    return prepare_schedule(config(**changes), run, Workers(), unwatched)


def test_predictors_are_found_in_their_order_with_the_direction_that_they_had() -> None:
    setting = prepared()
    first, second = setting.predictors
    assert isinstance(first, ByProxy)
    assert isinstance(second, ByFitted)
    assert (first.proxy.name, first.proxy.direction, first.probe.tokens) == ("mine", "lower", 4)
    assert isinstance(setting.pool, OpenPool)
    assert setting.truth is None


def test_with_a_table_its_records_may_be_picked(tmp_path: Path) -> None:
    run = ScheduleRunFolder.create(tmp_path / "run", config())
    run.keep_cost("a" * 64, "latency", CostValue(0.5, (0.4, 0.6)))
    setting = prepared(run, table="gpt2-own", left_out=["0000"], limits={"params": 1e6})
    assert isinstance(setting.pool, ClosedPool)
    assert len(setting.pool.architectures) == 127
    assert setting.truth is not None
    assert setting.costs.cache["a" * 64, "latency"] == CostValue(0.5, (0.4, 0.6))


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"space": "colour"}, InputError, "unknown space"),
        ({"table": "flexibert-own"}, InputError, "is of space flexibert"),
        ({"limits": {"params": 10.0}}, NoResultError, "the binding limit is `limits.params` 10"),
        ({"predictors": [{**PROXY, "text": "nothing"}, LOOKUP]}, InputError, "unknown proxy"),
        ({"predictors": [PROXY, {**LOOKUP, "text": "llama-own"}]}, InputError, "expected a table of the space gpt2"),
        ({"protocol": "lts"}, InputError, "was measured on other models than 'lts'"),
    ],
)
def test_what_is_impossible_is_said_at_once(changes: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        prepared(**changes)
