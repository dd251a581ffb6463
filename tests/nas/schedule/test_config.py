"""The settings of a search by a schedule: they come back from a file, and phases that do not fit are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.nas.schedule.config import ScheduleConfig
from lpzero.settings import check_settings

PROXY = {"kind": "proxy", "name": "params", "text": "params", "higher_is_better": True}
GIVEN: dict[str, Any] = {
    "space": "gpt2",
    "protocol": "own",
    "evolution": {"parents": 2, "mutants": 2, "crossovers": 2, "iterations": 6, "mutation": 0.3},
    "predictors": [PROXY, {**PROXY, "name": "depth", "text": "depth"}],
    "phases": [{"begins": 0, "predictor": 1}, {"begins": 2, "predictor": 0}, {"begins": 5, "predictor": 1}],
    "control": True,
}


def test_a_run_keeps_them() -> None:
    config = check_settings(ScheduleConfig, GIVEN)
    assert check_settings(ScheduleConfig, json.loads(json.dumps(config.model_dump()))) == config


def test_every_iteration_has_the_phase_that_began_last() -> None:
    config = check_settings(ScheduleConfig, GIVEN)
    assert [config.phase_at(iteration) for iteration in range(6)] == [0, 0, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"phases": []}, "phases"),
        ({"phases": [{"begins": 1, "predictor": 0}]}, "expected phases one behind the other, the first from 0 on"),
        ({"phases": [{"begins": 0, "predictor": 0}, {"begins": 0, "predictor": 1}]}, "one behind the other"),
        ({"phases": [{"begins": 0, "predictor": 0}, {"begins": 6, "predictor": 1}]}, "one behind the other"),
        ({"phases": [{"begins": 0, "predictor": 2}]}, "expected the place of a predictor in every phase"),
        ({"predictors": [{**PROXY, "kind": "guess"}]}, r"predictors\.0\.kind"),
        ({"algorithm": "guided"}, "`algorithm`: no such setting"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_settings(ScheduleConfig, {**GIVEN, **changes})
