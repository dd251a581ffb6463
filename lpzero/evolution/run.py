"""One run from its settings to its result: bank, evolution, checkpoints, sealed test."""

from __future__ import annotations

import time
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

from lpzero.engines import Engine, single_threaded
from lpzero.errors import InputError
from lpzero.evolution.checkpoint import from_document, to_document
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.consensus import choose
from lpzero.evolution.discovery.faults import bank_run
from lpzero.evolution.discovery.folder import CHECKPOINT, DiscoveryRunFolder
from lpzero.evolution.discovery.report import final_report, front_documents, header
from lpzero.evolution.discovery.setting import Setting, load
from lpzero.evolution.evaluation import Evaluation
from lpzero.evolution.evolution import Evolution, Progress, Spread, State, front
from lpzero.evolution.island import Epoch, Order, evolve_island
from lpzero.evolution.start import Start, check_start, find_start
from lpzero.evolution.trial import Trial, pack_banks, probes_of, remove_packed, trial_of
from lpzero.files import held
from lpzero.operands.packed import Packed


class Observer(Protocol):
    """Who is told how a run goes."""

    def architectures(self, step: str, done: int, total: int) -> None:
        """``done`` of ``total`` architectures went through a step."""
        ...

    def counted(self, step: str, done: int, total: int, noun: str) -> None:
        """``done`` of ``total`` other things did."""
        ...

    def formulas(self, progress: Progress) -> None:
        """An island's epoch is complete."""
        ...

    def generation(self, state: State, progress: Progress) -> None:
        """An epoch of all islands is complete and saved."""
        ...


def prepare(config: EvolveConfig) -> Setting[EvolveConfig]:
    """Load the table, draw the split and check where the evolution starts; raises as :func:`.setting.load` does.

    Raises:
        InputError: A seed formula is none of the grammar, or the search split is too large for an enumeration.
    """
    setting = load(config)
    check_start(config)
    return setting


def execute(
    run: DiscoveryRunFolder, setting: Setting[EvolveConfig], *, home: Path, engine: Engine, observer: Observer
) -> dict[str, Any]:
    """Carry a run to its end, from its checkpoint where it has one.

    Args:
        run: The run directory, created or opened.
        setting: What :func:`prepare` made of its settings.
        home: The cache folder of the bank.
        engine: Where the work runs; the result does not depend on it.
        observer: Told how it goes.

    Returns:
        The result document (see ``docs/guide.md``); a finished run's stored one.

    Raises:
        NoResultError: No valid formula was found.
        InputError: Another process carries the run on.
        LpzeroError: Too few architectures could be read.
    """
    finished = run.read_result()
    if finished is not None:
        return finished
    with held(run.path):
        # whoever held it may have ended it
        return run.read_result() or _execute(run, setting, home, engine, observer)


def _execute(
    run: DiscoveryRunFolder, setting: Setting[EvolveConfig], home: Path, engine: Engine, observer: Observer
) -> dict[str, Any]:
    started = time.monotonic()
    run.keep_split(setting.parts, [record.id for record in setting.table.records], setting.table.digest)
    setting, banked = bank_run(
        run, setting, probes_of(setting), home=home, engine=engine, progress=observer.architectures
    )
    packed = pack_banks(run.path, banked.banks)
    start = _start(run, setting, Packed.open(packed[0]), engine, observer)
    trial = trial_of(setting, packed, engine)
    begun = time.monotonic()
    evolution = _evolve(run, setting, trial, start, engine, observer)
    # the evolution counts over every session of the run, the rest in this one
    started += time.monotonic() - begun - evolution.state.seconds
    document = _result(run, setting, trial, evolution.state, engine, observer, started)
    document["left_out"] = [one.to_json() for one in banked.left_out] + document["left_out"]
    document["start"] = start.to_json()
    run.write_front(document["front"])
    remove_packed(run.path)
    run.write_result(document)
    run.event("finished", stopped_by=evolution.state.stopped_by)
    return document


def _result(
    run: DiscoveryRunFolder,
    setting: Setting[EvolveConfig],
    trial: Trial,
    state: State,
    engine: Engine,
    observer: Observer,
    started: float,
) -> dict[str, Any]:
    """Choose by consensus, look at the sealed test, and put the result together."""
    found = front(state.archive)
    with single_threaded():
        chosen = choose(state.kept, setting.config.parsimony, trial.begin().evaluator.scores)
    run.event("testing", formula=str(chosen.formula))
    report = final_report(
        chosen,
        setting,
        engine=engine,
        progress=lambda done, total: observer.architectures("testing", done, total),
    )
    return {
        **header(run, setting),
        "evaluated": state.evaluated,
        "duplicates": state.duplicates,
        "pruned": dict(sorted(state.pruned.items())),
        "seconds": round(time.monotonic() - started, 3),
        "stopped_by": state.stopped_by,
        "generations": state.generation,
        "islands": len(state.islands),
        "restarts": state.restarts,
        "best": report["best"],
        "front": front_documents(found),
        "baselines": report["baselines"],
        "left_out": report["left_out"],
    }


def _start(
    run: DiscoveryRunFolder, setting: Setting[EvolveConfig], packed: Packed, engine: Engine, observer: Observer
) -> Start:
    """Where the evolution starts, found once and kept with the run."""
    kept = run.read_start()
    if kept is not None:
        return Start(**kept)
    if run.read_checkpoint() is not None:
        # begun before starts were kept: its first populations are long there
        return Start(0, tuple(setting.config.seed_formulas))
    start = find_start(setting, packed, jobs=engine.threads, counted=observer.counted)
    run.write_start(start.to_json())
    return start


@lru_cache(maxsize=1)
def _evaluation(trial: Trial) -> Evaluation:
    """The evaluation of this process: its bank and what it remembers stay from epoch to epoch."""
    return trial.begin()


def _carry_out(trial: Trial, config: EvolveConfig, order: Order) -> Epoch:
    """Carry out one order; where, and what that process did before, changes nothing."""
    return evolve_island(order, config, _evaluation(trial))


def _evolve(
    run: DiscoveryRunFolder,
    setting: Setting[EvolveConfig],
    trial: Trial,
    start: Start,
    engine: Engine,
    observer: Observer,
) -> Evolution:
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
        spread: Spread = partial(engine.map, carry_out)
        evolution = Evolution(config, spread, state, observer.formulas, start.formulas)
        for reached in evolution.run():
            _keep(run, evolution, reached)
            observer.generation(reached, evolution.progress())
    finally:
        _evaluation.cache_clear()
    return evolution


def _keep(run: DiscoveryRunFolder, evolution: Evolution, reached: State) -> None:
    """Save a state, and say what came before it."""
    run.write_checkpoint(to_document(reached))
    for told in evolution.history:
        run.event("generation", number=told.generation, evaluated=told.evaluated, best=told.best)
    if reached.stopped_by:
        told = evolution.progress()
        run.event("stopped", by=reached.stopped_by, number=reached.generation, evaluated=told.evaluated, best=told.best)
