"""One search by a schedule from its settings to its result; what its folder holds is not computed again."""

from __future__ import annotations

import logging
import time

from lpzero.engines import Engine
from lpzero.nas.certificate import certificate_of
from lpzero.nas.run import keep_costs
from lpzero.nas.schedule.answers import Answers
from lpzero.nas.schedule.evolution import drawn_beside, evolved
from lpzero.nas.schedule.folder import ScheduleRunFolder
from lpzero.nas.schedule.predictor import Place
from lpzero.nas.schedule.report import ScheduleFindings, report_schedule
from lpzero.nas.schedule.result import ScheduleResult
from lpzero.nas.schedule.setting import ScheduleSetting
from lpzero.nas.setting import Judge, rng_of
from lpzero.progress import Watch

_LOG = logging.getLogger(__name__)


def execute_schedule(
    run: ScheduleRunFolder, setting: ScheduleSetting, *, engine: Engine, watch: Watch, judge: Judge | None = None
) -> ScheduleResult:
    """Carry a search by a schedule to its end.

    Args:
        run: The folder, created or opened.
        setting: What :func:`lpzero.nas.schedule.setting.prepare_schedule` made of its settings.
        engine: Where models are built, run and trained; without limits on measured costs the result does not depend on
            it.
        watch: Told how it goes.
        judge: Measures losses, where the models are sub-networks of a checkpoint; None for others.

    Returns:
        The result (see ``docs/reference/json.md``); a finished search's stored one.

    Raises:
        NoResultError: Nothing fits the limits, or a predictor scores nobody of a population.
        InputError: Another process carries the search on.
    """
    return run.carry_out(lambda: _execute(run, setting, engine, watch, judge))


def _execute(
    run: ScheduleRunFolder, setting: ScheduleSetting, engine: Engine, watch: Watch, judge: Judge | None
) -> ScheduleResult:
    started, config = time.monotonic(), setting.config
    keep_costs(run, setting)
    answers = _answers(run, setting, Place(engine, run.path, watch, _LOG.warning))
    first = [one.architecture for one in setting.certain]
    phases = evolved(config, setting.pool, answers, rng_of(config, "search"), watch, first)
    last = answers[config.phases[-1].predictor]
    random = None
    if config.control:
        random = drawn_beside(setting.pool, len(phases[-1].entries), last, rng_of(config, "random"))
    scored = [one.architecture for ledger in phases for one in ledger.entries.values()]
    largest = setting.pool.largest(rng_of(config, "largest"), scored)
    certificate = certificate_of(setting.certain[0]) if setting.certain else None
    findings = ScheduleFindings(phases, answers, random, largest, certificate)
    result = report_schedule(run, setting, findings, started, judge)
    run.event("finished", scored=result.scored)
    return result


def _answers(run: ScheduleRunFolder, setting: ScheduleSetting, place: Place) -> list[Answers]:
    """What each predictor said before, from the folder."""
    answers = [
        Answers(setting.space, index, predictor, run, place, {}) for index, predictor in enumerate(setting.predictors)
    ]
    for index, answer in run.kept_answers(len(answers)):
        answers[index].known[setting.space.model_key(answer.scored.architecture)] = answer
    return answers
