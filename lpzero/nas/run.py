"""One search from its settings to its result: propose, score, and what stands beside."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

from lpzero.costs.costs import COSTS
from lpzero.costs.limits import amount
from lpzero.engines import Engine, Fault
from lpzero.errors import NoResultError
from lpzero.nas.algorithms import ALGORITHMS, random_search
from lpzero.nas.certificate import certificate_of, exact_front, proposed
from lpzero.nas.folder import PicksRunFolder, SearchRunFolder
from lpzero.nas.ledger import Ledger, Scored
from lpzero.nas.proposals import Algorithm, Proposals
from lpzero.nas.report import Findings, report
from lpzero.nas.result import SearchResult
from lpzero.nas.setting import Judge, PoolSetting, SearchSetting, rng_of
from lpzero.progress import Watch, counting
from lpzero.proxy.score import Score, ScoreStatus, ScoreTask, score_task
from lpzero.spaces.architecture import Architecture

EXACT = "exact"


class ArchitectureScorer:
    """Scores architectures, none of them twice, and keeps every score in the run.

    Args:
        setting: What :func:`prepare` made of the settings.
        run: The folder of the search.
        engine: Where models are built and run.

    Attributes:
        reason: Why the first architecture that it could not score has none; empty where there is none.
    """

    def __init__(self, setting: SearchSetting, run: SearchRunFolder, engine: Engine) -> None:
        self._setting, self._run, self._engine = setting, run, engine
        self.reason = ""
        self._known = {setting.space.model_key(s.architecture): s for s in run.kept(len(setting.proxies))}

    def __call__(self, architectures: list[Architecture]) -> list[Scored]:
        """The scores, in order."""
        setting = self._setting
        keys = [setting.space.model_key(architecture) for architecture in architectures]
        missing = {key: a for a, key in zip(architectures, keys, strict=True) if key not in self._known}
        tasks = [ScoreTask(setting.space, a, setting.probe, setting.proxies) for a in missing.values()]

        def arrived(index: int, row: list[Score] | Fault) -> None:
            scored = _scored(tasks[index], row)
            self.reason = self.reason or _reason(row)
            self._run.keep([scored])
            self._known[setting.space.model_key(scored.architecture)] = scored

        with closing(self._engine.attempt(score_task, tasks, arrived=arrived)) as results:
            deque(results, maxlen=0)
        return [self._known[key] for key in keys]


def _reason(row: list[Score] | Fault) -> str:
    """Why an architecture has no score; empty where it has one."""
    if isinstance(row, Fault):
        return row.reason
    return next((score.reason for score in row if score.status is not ScoreStatus.OK), "")


def _scored(task: ScoreTask, row: list[Score] | Fault) -> Scored:
    """What came of scoring one architecture."""
    if isinstance(row, Fault):
        return Scored(task.architecture, (None,) * len(task.proxies), row.status.value)
    status = next((score.status for score in row if score.status is not ScoreStatus.OK), ScoreStatus.OK)
    return Scored(task.architecture, tuple(score.value for score in row), status.value)


def execute(
    run: SearchRunFolder, setting: SearchSetting, *, engine: Engine, watch: Watch, judge: Judge | None = None
) -> SearchResult:
    """Carry a search to its end; what the folder holds is not computed again.

    Args:
        run: The folder, created or opened.
        setting: What :func:`prepare` made of its settings.
        engine: Where the work runs; without a budget, and without limits on measured costs, the result does not depend
            on it.
        watch: Told how it goes.
        judge: Measures losses, where the models are sub-networks of a checkpoint; None for others.

    Returns:
        The result (see ``docs/reference/json.md``); a finished search's stored one.

    Raises:
        NoResultError: Nothing fits the limits, or no proxy scores what does.
        InputError: Another process carries the search on.
    """
    return run.carry_out(lambda: _execute(run, setting, engine, watch, judge))


def _execute(
    run: SearchRunFolder, setting: SearchSetting, engine: Engine, watch: Watch, judge: Judge | None
) -> SearchResult:
    started = time.monotonic()
    config = setting.config
    keep_costs(run, setting)
    samples = run.kept_end()
    end = End(config.samples, config.budget) if samples is None else End(samples, None)
    scorer = ArchitectureScorer(setting, run, engine)
    exact = exact_front(setting) if config.algorithm == EXACT else None
    found, control = _searched(setting, None if exact is None else proposed(exact), scorer, end, watch)
    run.keep_end(len(found.entries))
    if not found.best(1):
        # scores that an earlier process left say no more than their status
        statuses = ", ".join(sorted({scored.status for scored in found.entries.values()}))
        raise NoResultError(f"no proxy could score what fits the limits: {scorer.reason or f'found {statuses}'}")
    scored = [one.architecture for one in (*found.entries.values(), *control.entries.values())]
    largest = setting.pool.largest(rng_of(config, "largest"), scored)
    result = report(
        run,
        setting,
        Findings(found, control, largest, None if exact is None else certificate_of(exact[0])),
        rng_of(config, "verify"),
        started,
        engine=engine,
        watch=watch,
        judge=judge,
    )
    run.event("finished", scored=len(found.entries))
    return result


def keep_costs(run: PicksRunFolder[Any], setting: PoolSetting) -> None:
    """Keep what was measured before there was a folder, and from now on everything."""
    costs, kept = setting.costs, run.kept_costs()
    for (key, name), measured in costs.cache.items():
        if COSTS[name].measured and (key, name) not in kept:
            run.keep_cost(key, name, measured)
    # what another process measured since this one read them
    costs.cache.update(kept)
    costs.keep = run.keep_cost


def _algorithm(setting: SearchSetting) -> Algorithm:
    if setting.config.algorithm != "nsga2":
        return ALGORITHMS[setting.config.algorithm]
    from lpzero.nas.nsga2 import nsga2

    return partial(nsga2, cost=lambda architecture: setting.costs.of(architecture, setting.config.against))


@dataclass(frozen=True)
class End:
    """When a search stops: after so many architectures, or seconds, whichever comes first; one of them is set."""

    samples: int | None
    seconds: float | None

    def share(self, scored: int, seconds: float) -> float:
        """How much of the way is done: above 0, and 1 or more at the end."""
        by_number = 0.0 if self.samples is None else scored / self.samples
        by_time = 0.0 if self.seconds is None else seconds / self.seconds
        return max(by_number, by_time, 1e-9)


def _searched(
    setting: SearchSetting,
    proposals: Proposals | None,
    score: Callable[[list[Architecture]], list[Scored]],
    end: End,
    watch: Watch,
) -> tuple[Ledger, Ledger]:
    """Let the algorithm propose, and a random search beside it as many, until samples, time or pool are spent.

    The two know nothing of each other; they take turns, so that whatever ends one ends both, and a batch of each is
    scored at a time, which keeps all workers busy.
    """
    config, started = setting.config, time.monotonic()
    higher = tuple(proxy.higher_is_better for proxy in setting.proxies)
    found, control = Ledger(setting.space, higher), Ledger(setting.space, higher)
    progress = counting(lambda told: watch(replace(told, best=_best(setting, found))), "search")
    drawn = _one_by_one(random_search(setting.pool, rng_of(config, "random"), control.worth))
    if proposals is None:
        proposals = _algorithm(setting)(setting.pool, rng_of(config, "search"), found.worth)
    for offered in proposals:
        batch = offered if end.samples is None else offered[: end.samples - len(found.entries)]
        beside = list(islice(drawn, len(batch)))
        scored = score([*batch, *beside])
        found.add(scored[: len(batch)])
        control.add(scored[len(batch) :])
        share = end.share(len(found.entries), time.monotonic() - started)
        progress(len(found.entries), max(1, round(len(found.entries) / share)))
        if share >= 1:
            break
    return found, control


SHOWN = 8
"""The best that are shown while a search is at work."""


def _best(setting: SearchSetting, found: Ledger) -> tuple[tuple[str, ...], ...]:
    """The best so far, for people."""
    names = [proxy.name for proxy in setting.proxies]
    rows = [
        (
            setting.space.key(one.architecture)[:16],
            *("-" if score is None else f"{score:.6g}" for score in one.scores),
            # counted, not measured: to show something must cost nothing
            amount("params", setting.costs.of(one.architecture, "params")),
        )
        for one in found.best(SHOWN)
    ]
    return (("architecture", *names, "params"), *rows) if rows else ()


def _one_by_one(batches: Proposals) -> Iterator[Architecture]:
    for batch in batches:
        yield from batch
