"""One search from its settings to its result: propose, score, controls beside what was found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from lpzero.engines import Workers
from lpzero.errors import InputError, NoResultError
from lpzero.operands.bank import Pass, derived_seed, pass_batch
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.score import ScoreTask, score_task
from lpzero.search.algorithms import ALGORITHMS, Algorithm, random_search
from lpzero.search.config import SearchConfig
from lpzero.search.cost import costs_of
from lpzero.search.folder import PICKS, SearchFolder
from lpzero.search.ledger import Ledger, Scored
from lpzero.search.limits import Limits
from lpzero.search.pool import ClosedPool, OpenPool, Pool
from lpzero.search.truth import Truth
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import load_table

SCHEMA = 1


class SearchObserver(Protocol):
    """Who is told how a search goes."""

    def architectures(self, step: str, done: int, total: int) -> None:
        """``done`` of ``total`` architectures are scored."""
        ...


@dataclass(frozen=True)
class SearchSetting:
    """What follows from the settings before the first score.

    Attributes:
        config: The settings.
        space: What builds the models.
        pool: Where candidates come from.
        proxies: What scores them.
        shown: What models are shown.
        truth: What the table says of its architectures; None where there is no table.
    """

    config: SearchConfig
    space: SearchSpace
    pool: Pool
    proxies: tuple[Proxy, ...]
    shown: Pass
    truth: Truth | None


def prepare(config: SearchConfig) -> SearchSetting:
    """Load space, proxies and table.

    Raises:
        InputError: Unknown name, a limit on a cost that there is not, a table of another space.
        MissingError: The table is not here.
        NoResultError: Nothing fits the limits.
    """
    setting = _load(config)
    # said before there is a folder
    setting.pool.sample(_rng(config, "feasible"), set())
    return setting


def _load(config: SearchConfig) -> SearchSetting:
    space, limits = get_space(config.space, config.protocol), Limits(config.limits)
    shown = Pass(seed=config.seed, batch=config.batch, tokens=config.tokens, device=config.device)
    pass_batch(space, shown)
    loaded = [load_proxy(text) for text in config.proxies]
    proxies = tuple(
        Proxy(p.name, p.formula, p.metric, higher) for p, higher in zip(loaded, config.higher_is_better, strict=True)
    )
    if not config.table:
        return SearchSetting(config, space, OpenPool(space, limits), proxies, shown, None)
    table = load_table(config.table)
    if table.space != config.space:
        raise InputError(f"table {table.name} is of space {table.space}, found --space {config.space}")
    table.protocol(config.protocol)
    pool = ClosedPool(space, tuple(record.architecture for record in table.records), limits)
    return SearchSetting(config, space, pool, proxies, shown, Truth.of(table, space, limits))


class Scorer:
    """Scores architectures, none of them twice, and keeps every score in the run.

    Args:
        setting: What :func:`prepare` made of the settings.
        run: The folder of the search.
        workers: Where models are built and run.
    """

    def __init__(self, setting: SearchSetting, run: SearchFolder, workers: Workers) -> None:
        self._setting, self._run, self._workers = setting, run, workers
        self._known = {setting.space.model_key(s.architecture): s for s in run.kept()}

    def __call__(self, architectures: list[Architecture]) -> list[Scored]:
        """The scores, in order."""
        setting = self._setting
        keys = [setting.space.model_key(architecture) for architecture in architectures]
        missing = [a for a, key in zip(architectures, keys, strict=True) if key not in self._known]
        tasks = [ScoreTask(setting.space, a, setting.shown, setting.proxies) for a in missing]
        fresh = [
            Scored(task.architecture, tuple(score.value for score in row))
            for task, row in zip(tasks, self._workers.map(score_task, tasks), strict=True)
        ]
        if fresh:
            self._run.keep(fresh)
        self._known |= {setting.space.model_key(s.architecture): s for s in fresh}
        return [self._known[key] for key in keys]


def execute(run: SearchFolder, setting: SearchSetting, *, jobs: int, observer: SearchObserver) -> dict[str, Any]:
    """Carry a search to its end; scores that the folder holds are not computed again.

    Args:
        run: The folder, created or opened.
        setting: What :func:`prepare` made of its settings.
        jobs: Worker processes; without a budget the result does not depend on it.
        observer: Told how it goes.

    Returns:
        The result document (see ``docs/guide.md``); a finished search's stored one.

    Raises:
        NoResultError: Nothing fits the limits, or no proxy scores what does.
    """
    finished = run.read_result()
    if finished is not None:
        return finished
    started = time.monotonic()
    config = setting.config
    with Workers(jobs) as workers:
        score = Scorer(setting, run, workers)
        deadline = None if config.budget is None else started + config.budget
        found = _searched("search", ALGORITHMS[config.algorithm], setting, score, config.samples, deadline, observer)
        # as many as the search had, whatever ended it
        number = len(found.entries)
        control = _searched("random", random_search, setting, score, number, None, observer)
        largest = setting.pool.largest(_rng(config, "largest"))
    if not found.best(1):
        raise NoResultError("no proxy could score what fits the limits: see lpzero score on one of them")
    document = _document(run, setting, found, control, largest)
    document["seconds"] = round(time.monotonic() - started, 3)
    run.write_result(document, [scored.architecture for scored in found.best(config.keep)])
    run.event("finished", scored=number)
    return document


def _rng(config: SearchConfig, name: str) -> np.random.Generator:
    return np.random.default_rng(derived_seed(config.seed, "search", name))


def _searched(
    name: str,
    algorithm: Algorithm,
    setting: SearchSetting,
    score: Callable[[list[Architecture]], list[Scored]],
    samples: int,
    deadline: float | None,
    observer: SearchObserver,
) -> Ledger:
    """Let one algorithm propose until the samples, the time or the pool are spent."""
    ledger = Ledger(setting.space, tuple(proxy.higher_is_better for proxy in setting.proxies))
    proposals: Iterator[list[Architecture]] = algorithm(setting.pool, _rng(setting.config, name), ledger.worth)
    for batch in proposals:
        ledger.add(score(batch[: samples - len(ledger.entries)]))
        observer.architectures(name, len(ledger.entries), samples)
        if len(ledger.entries) >= samples or (deadline is not None and time.monotonic() >= deadline):
            break
    return ledger


def _document(
    run: SearchFolder, setting: SearchSetting, found: Ledger, control: Ledger, largest: Architecture
) -> dict[str, Any]:
    config, truth = setting.config, setting.truth
    by_params = max(control.entries.values(), key=lambda s: costs_of(setting.space, s.architecture)["params"])
    picks = {
        "random": control.best(1)[0] if control.best(1) else None,
        "largest": Scored(largest, ()),
        "params": by_params,
    }
    best = [_row(setting, scored) for scored in found.best(config.keep)]
    return {
        "schema": SCHEMA,
        "run": str(run.path),
        "space": setting.space.name,
        "protocol": setting.space.protocol,
        "table": config.table or None,
        "seed": config.seed,
        "proxies": [{"proxy": proxy.name, "direction": proxy.direction} for proxy in setting.proxies],
        "algorithm": config.algorithm,
        "scored": len(found.entries),
        "failed": sum(not scored.ok for scored in found.entries.values()),
        "limits": dict(config.limits),
        "best": best,
        "front": [_row(setting, scored) for scored in _front(setting, found)],
        "controls": {name: None if scored is None else _row(setting, scored) for name, scored in picks.items()},
        "truth": None
        if truth is None
        else {
            "found": truth.of_pick(found.best(1)[0].architecture),
            **{name: None if s is None else truth.of_pick(s.architecture) for name, s in picks.items()},
        },
    }


def _row(setting: SearchSetting, scored: Scored) -> dict[str, Any]:
    key = setting.space.key(scored.architecture)
    return {
        "key": key,
        "scores": list(scored.scores),
        "costs": costs_of(setting.space, scored.architecture),
        "config": f"{PICKS}/{key[:16]}.json",
    }


def _front(setting: SearchSetting, found: Ledger) -> list[Scored]:
    """What nothing beats in both worth and parameters, the best first."""
    front: list[Scored] = []
    fewest: int | None = None
    for scored in found.best(len(found.entries)):
        params = costs_of(setting.space, scored.architecture)["params"]
        if fewest is None or params < fewest:
            front.append(scored)
            fewest = params
    return front
