"""One run from its settings to its result: bank, evolution, checkpoints, sealed test."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from lpzero.engines import Workers
from lpzero.errors import InputError
from lpzero.evolve.checkpoint import from_document, to_document
from lpzero.evolve.config import EvolveConfig
from lpzero.evolve.directory import CHECKPOINT, RunDirectory
from lpzero.evolve.engine import Evolution, Progress, Spread, State, choose, front
from lpzero.evolve.evaluation import Evaluation, Trial
from lpzero.evolve.island import Epoch, Order, evolve_island, rules_of
from lpzero.evolve.report import final_report, front_documents
from lpzero.fitness import Split, split
from lpzero.formula import parse
from lpzero.formula.grammar import accepts
from lpzero.operands.bank import Pass, derived_seed, fill_bank, pass_batch
from lpzero.spaces import get_space
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table, load_table

SCHEMA = 1


class Observer(Protocol):
    """Who is told how a run goes."""

    def architectures(self, step: str, done: int, total: int) -> None:
        """``done`` of ``total`` architectures went through a step."""
        ...

    def formulas(self, progress: Progress) -> None:
        """An island's epoch is complete."""
        ...

    def generation(self, state: State, progress: Progress) -> None:
        """An epoch of all islands is complete and saved."""
        ...


@dataclass(frozen=True)
class Setting:
    """What a run works on: everything that follows from its settings before the first random formula."""

    config: EvolveConfig
    space: SearchSpace
    table: Table
    groups: np.ndarray
    parts: Split
    shown: Pass


def prepare(config: EvolveConfig) -> Setting:
    """Load the table and draw the split.

    Raises:
        InputError: Unknown name, a table of another space, a size out of range, a device that is not there, a seed
            formula that is none of the grammar.
        MissingError: The table is not here.
    """
    table = load_table(config.table)
    if table.space != config.space:
        raise InputError(f"table {table.name} is of space {table.space}, found --space {config.space}")
    space = get_space(config.space, table.protocol(config.protocol))
    groups = table.groups(space)
    rng = np.random.default_rng(derived_seed(config.seed, "split"))
    parts = split(groups, search=config.search_size, validation=config.validation_size, rng=rng)
    shown = Pass(
        seed=config.seed,
        batch=config.batch,
        tokens=config.tokens,
        elements=config.elements,
        device=config.device,
    )
    # whatever a setting makes impossible is said here, before there is a run directory
    pass_batch(space, shown)
    check_seeds(config)
    return Setting(config, space, table, groups, parts, shown)


def check_seeds(config: EvolveConfig) -> None:
    """Check the settings of the grammar, and that it has every seed formula; raises InputError."""
    rules = rules_of(config)
    for text in config.seed_formulas:
        if not accepts(rules, parse(text)):
            raise InputError(
                f"--seed-formula {text}: expected a formula of the grammar {rules.name} that sketches can score, at "
                f"most {rules.max_depth} deep and of at most {rules.max_size} nodes: raise --max-depth or --max-size"
            )


def execute(run: RunDirectory, setting: Setting, *, home: Path, jobs: int, observer: Observer) -> dict[str, Any]:
    """Carry a run to its end, from its checkpoint where it has one.

    Args:
        run: The run directory, created or opened.
        setting: What :func:`prepare` made of its settings.
        home: The cache folder of the bank.
        jobs: Worker processes; the result does not depend on it.
        observer: Told how it goes.

    Returns:
        The result document (see ``docs/guide.md``); a finished run's stored one.

    Raises:
        NoResultError: No valid formula was found.
    """
    finished = run.read_result()
    if finished is not None:
        return finished
    started = time.monotonic()
    run.keep_split(setting.parts, [record.id for record in setting.table.records], setting.table.digest)
    trial = _trial(setting, home, jobs, observer)
    begun = time.monotonic()
    evolution = _evolve(run, setting, trial, jobs, observer)
    # the evolution counts over every session of the run, the rest in this one
    started += time.monotonic() - begun - evolution.state.seconds
    document = _result(run, setting, evolution.state, jobs, observer, started)
    run.write_front(document["front"])
    run.write_result(document)
    run.event("finished", stopped_by=evolution.state.stopped_by)
    return document


def _result(
    run: RunDirectory, setting: Setting, state: State, jobs: int, observer: Observer, started: float
) -> dict[str, Any]:
    """Choose from the front, look at the sealed test, and put the result together."""
    found = front(state.archive)
    chosen = choose(found, setting.config.parsimony)
    run.event("testing", formula=str(chosen.formula))
    report = final_report(
        chosen,
        space=setting.space,
        table=setting.table,
        parts=setting.parts,
        groups=setting.groups,
        config=setting.config,
        shown=setting.shown,
        jobs=jobs,
        progress=lambda done, total: observer.architectures("testing", done, total),
    )
    return {
        "schema": SCHEMA,
        "run": str(run.path),
        "space": setting.space.name,
        "table": setting.table.name,
        "protocol": setting.space.protocol,
        "seed": setting.config.seed,
        "evaluated": state.evaluated,
        "duplicates": state.duplicates,
        "pruned": dict(sorted(state.pruned.items())),
        "seconds": round(time.monotonic() - started, 3),
        "stopped_by": state.stopped_by,
        "generations": state.generation,
        "islands": len(state.islands),
        "restarts": state.restarts,
        "table_sha256": setting.table.digest,
        "best": report["best"],
        "front": front_documents(found),
        "baselines": report["baselines"],
    }


def _trial(setting: Setting, home: Path, jobs: int, observer: Observer) -> Trial:
    """Bank what the search may see; the sealed test is not even extracted before the report."""
    config, seen = setting.config, [*setting.parts.search, *setting.parts.validation]
    architectures = tuple(setting.table.records[i].architecture for i in seen)
    fill_bank(
        setting.space,
        architectures,
        setting.shown,
        home=home,
        jobs=jobs,
        progress=lambda done, total: observer.architectures("operands", done, total),
    )
    return Trial(
        space=setting.space.name,
        protocol=setting.space.protocol,
        shown=setting.shown,
        home=home,
        architectures=architectures,
        quality=tuple(setting.table.oriented[seen].tolist()),
        groups=tuple(setting.groups[seen].tolist()),
        searched=len(setting.parts.search),
        resamples=config.resamples if config.objective == "stable" else 0,
        quantile=config.quantile,
    )


@lru_cache(maxsize=1)
def _evaluation(trial: Trial) -> Evaluation:
    """The evaluation of this process: its bank and what it remembers stay from epoch to epoch."""
    return trial.begin()


def _carry_out(trial: Trial, config: EvolveConfig, order: Order) -> Epoch:
    """Carry out one order; where, and what that process did before, changes nothing."""
    return evolve_island(order, config, _evaluation(trial))


def _evolve(run: RunDirectory, setting: Setting, trial: Trial, jobs: int, observer: Observer) -> Evolution:
    config = setting.config
    saved = run.read_checkpoint()
    if saved is None:
        state = State.fresh(config)
    else:
        try:
            state = from_document(saved, config)
        except InputError as err:
            raise InputError(f"{run.path / CHECKPOINT}: {err}: begin a new run") from err
        run.event("resumed", generation=state.generation)
    carry_out = partial(_carry_out, trial, config)
    try:
        with Workers(min(jobs, config.islands)) as workers:
            spread: Spread = partial(workers.map, carry_out)
            evolution = Evolution(config, spread, state, observer.formulas)
            for reached in evolution.run():
                _keep(run, evolution, reached)
                observer.generation(reached, evolution.progress())
    finally:
        _evaluation.cache_clear()
    return evolution


def _keep(run: RunDirectory, evolution: Evolution, reached: State) -> None:
    """Save a state, and say what came before it."""
    run.write_checkpoint(to_document(reached))
    for told in evolution.history:
        run.event("generation", number=told.generation, evaluated=told.evaluated, best=told.best)
    if reached.stopped_by:
        told = evolution.progress()
        run.event("stopped", by=reached.stopped_by, number=reached.generation, evaluated=told.evaluated, best=told.best)
