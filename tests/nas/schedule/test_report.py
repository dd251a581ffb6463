"""The result of a search by a schedule from what it has: best, controls and counts by hand, files that say the same."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

import pytest

from lpzero.engines import Workers
from lpzero.nas.ledger import Ledger
from lpzero.nas.schedule.answers import Answers
from lpzero.nas.schedule.config import ScheduleConfig
from lpzero.nas.schedule.folder import ScheduleRunFolder
from lpzero.nas.schedule.report import ScheduleFindings, report_schedule
from lpzero.nas.schedule.result import ScheduleResult
from lpzero.nas.schedule.setting import ScheduleSetting, prepare_schedule
from lpzero.pretrained.architecture_file import read_architecture
from lpzero.progress import unwatched
from lpzero.tables import load_table
from tests.nas.schedule.told import SPACE, Told, answers_of, depth, width

SOME = [record.architecture for record in load_table("gpt2-own").records[:30]]


def setting_of(**changes: Any) -> ScheduleSetting:
    one = {"kind": "proxy", "name": "width", "text": "width", "higher_is_better": True}
    sizes = {"parents": 2, "mutants": 2, "crossovers": 2, "iterations": 9, "mutation": 0.3}
    phases = [{"begins": 0, "predictor": 0}, {"begins": 4, "predictor": 1}]
    two = [one, {**one, "name": "depth", "text": "depth", "higher_is_better": False}]
    given = {"space": "gpt2", "protocol": "own", "evolution": sizes, "phases": phases, "predictors": two, "keep": 3}
    config = ScheduleConfig.model_validate({**given, "control": True, "batch": 1, "tokens": 4, **changes})
    return prepare_schedule(config, None, Workers(), unwatched)


def findings_of(folder: Path, *, control: bool = True) -> tuple[list[Answers], ScheduleFindings]:
    """Twenty that were scored by width, ten of them and five others by depth, the last ones at random."""
    answers = answers_of(folder, Told(width), Told(depth, higher_is_better=False))
    first, last, random = (Ledger(SPACE, (higher,)) for higher in (True, False, False))
    first.add(answers[0].of(SOME[:20]))
    last.add(answers[1].of(SOME[10:25]))
    if control:
        random.add(answers[1].of(SOME[20:], control=True))
    largest = max(SOME, key=lambda a: SPACE.parameter_counts(a)["total"])
    return answers, ScheduleFindings([first, last], answers, random if control else None, largest)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ScheduleResult:
    folder, setting = tmp_path_factory.mktemp("report") / "run", setting_of()
    run = ScheduleRunFolder.create(folder, setting.config)
    return report_schedule(run, setting, findings_of(folder)[1], time.monotonic())


def test_the_best_are_those_of_the_last_phase_alone(result: ScheduleResult) -> None:
    depths = sorted(d for one in SOME[10:25] if (d := depth(one)) is not None)
    assert [pick.score for pick in result.best] == depths[:3]
    assert [pick.scores for pick in result.best] == [[d] for d in depths[:3]]
    assert [(proxy.proxy, proxy.direction) for proxy in result.proxies] == [("depth", "lower")]
    assert result.phases[0].score == max(width(one) or 0.0 for one in SOME[:20])
    assert result.phases[1].score == depths[0]
    assert [(one.begins, one.ends) for one in result.phases] == [(0, 3), (4, 8)]
    assert (result.algorithm, result.evolution.population) == ("schedule", 6)


def test_calls_are_those_of_the_search_and_of_the_random_search_apart(result: ScheduleResult) -> None:
    failed = sum(depth(one) is None for one in SOME[10:25])
    first, second = result.predictors
    assert (first.calls, first.without_cache, first.control_calls, first.failed) == (20, 20, 0, 0)
    assert (second.calls, second.without_cache, second.control_calls, second.failed) == (15, 15, 5, failed)
    assert (first.seconds, second.seconds) == (10.0, 10.0)
    assert (result.scored, result.failed) == (25, failed)
    assert result.statuses == {"failed": failed, "ok": 35 - failed} if failed else {"ok": 35}


def test_controls_stand_beside(result: ScheduleResult) -> None:
    drawn = SOME[20:]
    random, largest, params = (result.controls[name] for name in ("random", "largest", "params"))
    assert random is not None
    assert random.score == min(d for one in drawn if (d := depth(one)) is not None)
    assert largest is not None
    assert (largest.score, largest.scores) == (None, [])
    assert params is not None
    assert params.costs["params"] == max(SPACE.parameter_counts(one)["total"] for one in drawn)


def test_files_say_the_same(result: ScheduleResult) -> None:
    run = ScheduleRunFolder(Path(result.run))
    assert run.read_result() == result
    with (run.path / "front.csv").open(newline="") as file:
        assert [row["key"] for row in csv.DictReader(file)] == [pick.key for pick in result.front]
    for pick in (*result.best, *result.front):
        assert SPACE.key(read_architecture(str((run.path / pick.config).parent)).architecture) == pick.key
    card = (run.path / result.best[0].config).with_name("README.md").read_text()
    assert "a schedule of predictors: 20 scored by width; 15 scored by depth; seed 0" in card
    assert f"score by `depth` (lower is better): {result.best[0].score}" in card


def test_without_a_random_search_there_is_the_largest_alone(tmp_path: Path) -> None:
    setting = setting_of(control=False)
    run = ScheduleRunFolder.create(tmp_path / "run", setting.config)
    found = report_schedule(run, setting, findings_of(tmp_path / "run", control=False)[1], time.monotonic())
    assert (found.controls["random"], found.controls["params"]) == (None, None)
    assert found.controls["largest"] is not None
    assert found.predictors[1].control_calls == 0
