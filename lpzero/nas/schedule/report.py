"""The result of a search by a schedule: the best of its last phase, controls, and what each predictor was asked."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lpzero.costs.costs import COSTS
from lpzero.nas.ledger import Ledger, Scored
from lpzero.nas.report import front_of, losses_of, measurement_of, row_of, scored_records, truth_of, write_picks
from lpzero.nas.result import Certificate, ProxyName
from lpzero.nas.schedule.answers import Answers
from lpzero.nas.schedule.folder import ScheduleRunFolder
from lpzero.nas.schedule.result import EvolutionSizes, PhaseResult, PredictorCalls, ScheduleResult
from lpzero.nas.schedule.setting import ScheduleSetting
from lpzero.nas.setting import Judge
from lpzero.predictors import PredictionStatus
from lpzero.result import Direction
from lpzero.spaces.architecture import Architecture


@dataclass(frozen=True)
class ScheduleFindings:
    """What a search by a schedule has.

    Attributes:
        phases: What the populations of each phase held; the last one has a score.
        answers: What each predictor said.
        random: What the random search beside it scored; None where there is none.
        largest: The architecture with the most parameters that fits.
        certificate: How sure the best by the first predictor is; None unless it was solved for.
    """

    phases: Sequence[Ledger]
    answers: Sequence[Answers]
    random: Ledger | None
    largest: Architecture
    certificate: Certificate | None = None

    @property
    def last(self) -> Ledger:
        """The phase whose best is found."""
        return self.phases[-1]


def report_schedule(
    run: ScheduleRunFolder,
    setting: ScheduleSetting,
    findings: ScheduleFindings,
    started: float,
    judge: Judge | None = None,
) -> ScheduleResult:
    """Write the result.

    Args:
        run: The folder.
        setting: What the search worked on.
        findings: What it has.
        started: When it began, as ``time.monotonic`` tells it.
        judge: Measures losses; None where nothing is measured.
    """
    config, last = setting.config, findings.last
    best, front, controls = last.best(config.keep), front_of(setting, last), _controls(setting, findings)
    front_picks = [row_of(setting, last, one) for one in front]
    beside = last if findings.random is None else findings.random
    write_picks(
        run,
        setting,
        [one for one in (*best, *front, *controls.values()) if one is not None],
        lambda scored: _said(setting, findings, scored),
    )
    run.write_front(front_picks)
    run.write_scores(scored_records(setting, last))
    scorer = config.predictors[config.phases[-1].predictor]
    statuses = Counter(answer.scored.status for one in findings.answers for answer in one.said())
    more = losses_of(run, best[0], controls, judge)
    if findings.certificate is not None:
        more["certificate"] = findings.certificate
    result = ScheduleResult(
        schema_=1,
        run=str(run.path),
        space=setting.space.name,
        protocol=setting.space.protocol,
        table=config.table or None,
        left_out=len(config.left_out),
        seed=config.seed,
        proxies=[ProxyName(proxy=scorer.name, direction=_direction(scorer.higher_is_better))],
        algorithm="schedule",
        scored=len(set().union(*(one.met for one in findings.answers))),
        failed=sum(not answer.scored.ok for one in findings.answers for answer in one.said()),
        statuses=dict(sorted(statuses.items())),
        limits={cost.name: config.limits[cost.name] for cost in COSTS.values() if cost.name in config.limits},
        against=config.against,
        measurement=measurement_of(setting),
        best=[row_of(setting, last, one) for one in best],
        front=front_picks,
        controls={name: None if one is None else row_of(setting, beside, one) for name, one in controls.items()},
        truth=truth_of(setting, best[0], controls),
        proof=None,
        **more,
        seconds=round(time.monotonic() - started, 3),
        evolution=EvolutionSizes(population=config.evolution.population, **config.evolution.model_dump()),
        phases=[_phase(setting, findings, number) for number in range(len(config.phases))],
        predictors=[_calls(one) for one in findings.answers],
    )
    run.write_result(result)
    return result


def _controls(setting: ScheduleSetting, findings: ScheduleFindings) -> dict[str, Scored | None]:
    """The best of the random search, the largest, and the largest that the random search scored."""
    controls: dict[str, Scored | None] = {"random": None, "largest": Scored(findings.largest, ()), "params": None}
    if findings.random is not None:
        best = findings.random.best(1)
        drawn = findings.random.entries.values()
        controls["random"] = best[0] if best else None
        controls["params"] = max(drawn, key=lambda one: setting.costs.of(one.architecture, "params"))
    return controls


def _phase(setting: ScheduleSetting, findings: ScheduleFindings, number: int) -> PhaseResult:
    config, ledger = setting.config, findings.phases[number]
    phase = config.phases[number]
    ends = [*(later.begins for later in config.phases[number + 1 :]), config.evolution.iterations][0] - 1
    predictor = config.predictors[phase.predictor]
    best = ledger.best(1)[0]
    score = best.scores[0]
    assert score is not None
    return PhaseResult(
        begins=phase.begins,
        ends=ends,
        predictor=predictor.name,
        direction=_direction(predictor.higher_is_better),
        scored=len(ledger.entries),
        best=setting.space.key(best.architecture),
        score=score,
    )


def _calls(answers: Answers) -> PredictorCalls:
    said, config = answers.said(), answers.predictor.config
    alone = [answers.known[key] for key in answers.beside if key not in answers.met]
    return PredictorCalls(
        predictor=config.name,
        kind=config.kind,
        direction=_direction(config.higher_is_better),
        calls=len(said),
        without_cache=answers.asked,
        control_calls=len(alone),
        failed=sum(not one.scored.ok for one in said),
        extrapolated=sum(one.scored.status == PredictionStatus.EXTRAPOLATED.value for one in said),
        seconds=round(sum(one.seconds for one in (*said, *alone)), 3),
    )


def _said(setting: ScheduleSetting, findings: ScheduleFindings, scored: Scored) -> list[str]:
    """What the search says of an architecture, in Markdown."""
    config, key = setting.config, setting.space.model_key(scored.architecture)
    asked = "; ".join(f"{len(one.met)} scored by {one.predictor.config.name}" for one in findings.answers)
    lines = [f"Findings by `lpzero search` and a schedule of predictors: {asked}; seed {config.seed}.", ""]
    for one in findings.answers:
        answer, named = one.known.get(key), one.predictor.config
        if answer is not None:
            score = answer.scored.scores[0]
            direction = _direction(named.higher_is_better)
            lines.append(f"- score by `{named.name}` ({direction} is better): {'none' if score is None else score}")
    return lines


def _direction(higher_is_better: bool) -> Direction:
    return "higher" if higher_is_better else "lower"
