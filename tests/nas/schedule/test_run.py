"""A whole search by a schedule: the same after a kill at any moment, and its best by direct computation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lpzero.engines import Serial, Workers, open_engine
from lpzero.errors import InputError, NoResultError
from lpzero.nas.schedule.config import ScheduleConfig
from lpzero.nas.schedule.folder import ScheduleRunFolder
from lpzero.nas.schedule.result import ScheduleResult
from lpzero.nas.schedule.run import execute_schedule
from lpzero.nas.schedule.setting import prepare_schedule
from lpzero.progress import Progress, Watch, unwatched
from lpzero.spaces import get_space
from lpzero.tables import load_table

SPACE, TABLE = get_space("gpt2", "own"), load_table("gpt2-own")
COUNTED = {"kind": "proxy", "name": "params", "text": "params", "higher_is_better": True}
LOOKUP = {"kind": "lookup", "name": "lookup:gpt2-own", "text": "gpt2-own", "higher_is_better": False}
SIZES = {"parents": 4, "mutants": 4, "crossovers": 4, "iterations": 6, "mutation": 0.3}


def config(**changes: Any) -> ScheduleConfig:
    phases = [{"begins": 0, "predictor": 0}, {"begins": 3, "predictor": 1}]
    where = {"space": "gpt2", "protocol": "own", "table": "gpt2-own", "limits": {"params": 1.2e6}, "keep": 3}
    how = {"evolution": SIZES, "predictors": [COUNTED, LOOKUP], "phases": phases, "control": True}
    return ScheduleConfig.model_validate({**where, **how, "batch": 1, "tokens": 4, **changes})


def carried_out(folder: Path, settings: ScheduleConfig, watch: Watch = unwatched, *, goes_on: bool = False) -> Any:
    run = ScheduleRunFolder(folder) if goes_on else ScheduleRunFolder.create(folder, settings)
    setting = prepare_schedule(settings, run, Workers(), watch)
    return execute_schedule(run, setting, engine=Serial(), watch=watch)


def plain(result: ScheduleResult) -> dict[str, Any]:
    """The document without what differs from run to run."""
    document = result.to_json()
    for one in document["predictors"]:
        del one["seconds"]
    return {key: value for key, value in document.items() if key not in ("run", "seconds")}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> ScheduleResult:
    result = carried_out(tmp_path_factory.mktemp("schedule") / "run", config())
    assert isinstance(result, ScheduleResult)
    return result


def test_what_is_found_is_the_best_that_the_last_predictor_scored(found: ScheduleResult) -> None:
    lines = [json.loads(line) for line in (Path(found.run) / "scored.jsonl").read_text().splitlines()]
    calls, limit = found.predictors, 1.2e6
    last = [line for line in lines if line["predictor"] == 1]
    # what the random search was scored for comes last
    mine = last[: calls[1].calls]
    assert len(last) == calls[1].calls + calls[1].control_calls
    assert found.best[0].score == min(line["score"] for line in mine) == found.phases[-1].score
    assert [pick.score for pick in found.best] == sorted(line["score"] for line in mine)[:3]
    quality = {SPACE.key(record.architecture): record.quality for record in TABLE.records}
    assert all(pick.score == quality[pick.key] for pick in found.best)
    assert all(pick.costs["params"] <= limit for pick in (*found.best, *found.front))


def test_calls_are_counted(found: ScheduleResult) -> None:
    first, second = found.predictors
    assert (first.calls, first.without_cache, first.control_calls) == (12 + 2 * 8, 36, 0)
    assert (second.without_cache, second.failed) == (36, 0)
    assert second.calls <= 28
    assert [(one.begins, one.ends, one.predictor) for one in found.phases] == [
        (0, 2, "params"),
        (3, 5, "lookup:gpt2-own"),
    ]
    assert found.phases[0].scored == first.calls
    assert found.controls["random"] is not None
    assert found.truth is not None
    assert found.truth["found"] is not None


@pytest.mark.parametrize("number", [0, 2, 3, 5])
def test_a_search_that_was_killed_goes_on_to_the_same_result(
    number: int, found: ScheduleResult, tmp_path: Path
) -> None:
    def kill(progress: Progress) -> None:
        if progress.share >= number / 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carried_out(tmp_path / "run", config(), kill)
    if number:
        path = tmp_path / "run" / "scored.jsonl"
        # a line that was not finished, and one that was lost
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(lines[:-1]) + lines[-1][:30])
    assert plain(carried_out(tmp_path / "run", config(), goes_on=True)) == plain(found)
    kept = (tmp_path / "run" / "scored.jsonl").read_text().splitlines()
    whole = (Path(found.run) / "scored.jsonl").read_text().splitlines()
    assert len(kept) == len(whole)


def test_what_an_earlier_process_scored_ahead_decides_nothing(found: ScheduleResult, tmp_path: Path) -> None:
    """Children avoid what their judge has scored in this search, never what happens to lie in the folder."""
    run = ScheduleRunFolder.create(tmp_path / "run", config())
    for index, answer in ScheduleRunFolder(Path(found.run)).kept_answers(2):
        run.keep_answers(index, [answer])
    assert plain(carried_out(tmp_path / "run", config(), goes_on=True)) == plain(found)


def test_a_finished_search_is_read_and_not_done_again(found: ScheduleResult) -> None:
    assert carried_out(Path(found.run), config(), goes_on=True) == found


def test_plain_search_is_one_phase_and_asks_the_last_predictor_twice_as_often(tmp_path: Path) -> None:
    where = {"table": "", "limits": {"params": 1.5e6}}
    depth = {**COUNTED, "name": "depth", "text": "depth"}
    two = carried_out(tmp_path / "two", config(**where, predictors=[COUNTED, depth]))
    one = carried_out(
        tmp_path / "one", config(**where, predictors=[depth], phases=[{"begins": 0, "predictor": 0}], control=False)
    )
    assert (two.predictors[1].calls, one.predictors[0].calls) == (12 + 2 * 8, 12 + 5 * 8)
    assert two.predictors[1].without_cache * 2 == one.predictors[0].without_cache == 72
    assert (one.controls["random"], one.controls["params"]) == (None, None)


def test_where_the_last_predictor_scores_nobody_there_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(
        NoResultError, match=r"^lookup:gpt2-own scores nobody of the population of iteration 3: it is n"
    ):
        carried_out(tmp_path / "run", config(table=""))
    assert not (tmp_path / "run" / "result.json").exists()


def test_another_process_is_waited_for(tmp_path: Path) -> None:
    from lpzero.files import held

    ScheduleRunFolder.create(tmp_path / "run", config())
    with held(tmp_path / "run"), pytest.raises(InputError, match="expected no other process at work there"):
        carried_out(tmp_path / "run", config(), goes_on=True)


@pytest.mark.slow
def test_workers_change_nothing(tmp_path: Path) -> None:
    snip = {**COUNTED, "name": "snip", "text": "snip"}
    settings = config(table="", predictors=[snip, COUNTED])
    alone = carried_out(tmp_path / "alone", settings)
    run = ScheduleRunFolder.create(tmp_path / "two", settings)
    setting = prepare_schedule(settings, run, Workers(), unwatched)
    with open_engine("process", 2) as engine:
        together = execute_schedule(run, setting, engine=engine, watch=unwatched)
    assert plain(together) == plain(alone)
