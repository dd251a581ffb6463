"""One run from its settings to its result: bank, evolution, checkpoints, sealed test."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from lpzero.callbacks import STOPPED, Callbacks, Generation
from lpzero.engines import Engine, single_threaded
from lpzero.errors import InputError
from lpzero.evolution.checkpoint import from_document, to_document
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.consensus import choose
from lpzero.evolution.discovery.faults import bank_run
from lpzero.evolution.discovery.report import front_formulas, header
from lpzero.evolution.discovery.setting import Setting, load
from lpzero.evolution.evaluation import Evaluation
from lpzero.evolution.evolution import Evolution, Spread, State, front
from lpzero.evolution.folder import CHECKPOINT, EvolutionRunFolder
from lpzero.evolution.island import Epoch, Order, evolve_island
from lpzero.evolution.report import final_reports
from lpzero.evolution.start import check_start, find_start
from lpzero.evolution.together import Together, load_together
from lpzero.evolution.trial import Trial, pack_banks, probes_of, remove_packed, trial_of
from lpzero.evolution.weighted.evaluation import WeightedEvaluation
from lpzero.operands.bank import Banked
from lpzero.operands.packed import Packed
from lpzero.progress import Watch
from lpzero.proxy.discovery import EvolveResult, LeftOut, Start
from lpzero.tables import Table


def prepare(config: EvolveConfig, table: Table | None = None) -> Setting[EvolveConfig]:
    """Load the table, draw the split and check where the evolution starts; raises as :func:`.setting.load` does.

    Raises:
        InputError: A seed formula is none of the grammar, or the search split is too large for an enumeration.
    """
    setting = load(config, table)
    check_start(config)
    return setting


def prepare_together(config: EvolveConfig, tables: Sequence[Table] = ()) -> Together:
    """The same for all tables of the settings; raises as :func:`prepare` and :func:`.load_together` do."""
    together = load_together(config, tables)
    check_start(config)
    return together


def execute(
    run: EvolutionRunFolder,
    together: Together,
    *,
    home: Path,
    engine: Engine,
    watch: Watch,
    callbacks: Callbacks = Callbacks(),  # noqa: B008  (a frozen value)
) -> EvolveResult:
    """Carry a run to its end, from its checkpoint where it has one.

    Args:
        run: The run folder, created or opened.
        together: What :func:`prepare_together` made of its settings.
        home: The cache folder of the bank.
        engine: Where the work runs; the result does not depend on it.
        watch: Told how it goes; what it is told of the evolution is saved.
        callbacks: Told of begin, generations and end, and may stop it; not of a run that is finished already.

    Returns:
        The result (see ``docs/reference/json.md``); a finished run's stored one.

    Raises:
        NoResultError: No valid formula was found.
        InputError: Another process carries the run on.
        LpzeroError: Too few architectures could be read.
    """

    def carried() -> EvolveResult:
        callbacks.begin(run.path, together.config.model_dump())
        try:
            result = _execute(run, together, home, engine, watch, callbacks)
        except BaseException:
            callbacks.stop()
            raise
        callbacks.end(result)
        return result

    return run.carry_out(carried)


def _execute(
    run: EvolutionRunFolder, together: Together, home: Path, engine: Engine, watch: Watch, callbacks: Callbacks
) -> EvolveResult:
    started = time.monotonic()
    run.keep_splits(together.settings)
    together, banks, left_out = _banked(run, together, home, engine, watch)
    packed = pack_banks(run.path, banks)
    start = _start(run, together, Packed.open(packed[0]), engine, watch)
    trial = trial_of(together, packed, engine)
    begun = time.monotonic()
    state = _evolve(run, together.config, trial, start, engine, watch, callbacks).state
    # the evolution counts over every session of the run, the rest in this one
    started += time.monotonic() - begun - state.seconds
    with single_threaded():
        evaluation = trial.begin()
        chosen = evaluation.final(choose(state.kept, together.config.parsimony, evaluation.scores))
        smaller = [evaluation.final(candidate) for candidate in front(state.archive)]
    run.event("testing", formula=str(chosen.formula))
    first, beside, held_out = final_reports(chosen, together, engine=engine, watch=watch)
    result = EvolveResult(
        **header(run, together.first),
        evaluated=state.evaluated,
        duplicates=state.duplicates,
        pruned=dict(sorted(state.pruned.items())),
        seconds=round(time.monotonic() - started, 3),
        stopped_by=state.stopped_by,
        generations=state.generation,
        islands=len(state.islands),
        restarts=state.restarts,
        best=first.best,
        front=front_formulas(smaller),
        baselines=first.baselines,
        left_out=[*left_out, *first.left_out, *(one for table in beside for one in table.left_out)],
        start=start,
        beside=beside,
        held_out=held_out,
    )
    run.write_front(result.front)
    if first.scored:
        run.write_scores(first.scored)
    remove_packed(run.path)
    run.write_result(result)
    run.event("finished", stopped_by=state.stopped_by)
    return result


def _banked(
    run: EvolutionRunFolder, together: Together, home: Path, engine: Engine, watch: Watch
) -> tuple[Together, list[Banked], list[LeftOut]]:
    """Bank what the search may see of every table: what is left of it, the sketches of each probe, and what is not."""
    settings, sketched = [], []
    left_out: list[LeftOut] = []
    for setting in together.settings:
        kept, found = bank_run(run, setting, probes_of(setting), home=home, engine=engine, watch=watch)
        settings.append(kept)
        sketched.append(found.banks)
        left_out += found.left_out
    kept_together = replace(together, settings=tuple(settings))
    return kept_together, [kept_together.banked(of_probe) for of_probe in zip(*sketched, strict=True)], left_out


def _start(run: EvolutionRunFolder, together: Together, packed: Packed, engine: Engine, watch: Watch) -> Start:
    """Where the evolution starts, found once and kept with the run."""
    kept = run.read_start()
    if kept is not None:
        return kept
    if run.read_checkpoint() is not None:
        # begun before starts were kept: its first populations are long there
        return Start(enumerated=0, formulas=list(together.config.seed_formulas))
    start = find_start(together, packed, jobs=engine.threads, watch=watch)
    run.write_start(start)
    return start


@lru_cache(maxsize=1)
def _evaluation(trial: Trial) -> Evaluation | WeightedEvaluation:
    """The evaluation of this process: its bank and what it remembers stay from epoch to epoch."""
    return trial.begin()


def _carry_out(trial: Trial, config: EvolveConfig, order: Order) -> Epoch:
    """Carry out one order; where, and what that process did before, changes nothing."""
    return evolve_island(order, config, _evaluation(trial))


def _evolve(
    run: EvolutionRunFolder,
    config: EvolveConfig,
    trial: Trial,
    start: Start,
    engine: Engine,
    watch: Watch,
    callbacks: Callbacks,
) -> Evolution:
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
        evolution = Evolution(config, spread, state, lambda standing: watch(standing.progress), start.formulas)
        for reached in evolution.run():
            stops = [callbacks.generation(one) for one in _generations(evolution)]
            if any(stops) and not reached.stopped_by:
                reached.stopped_by = STOPPED
            _keep(run, evolution, reached)
            watch(replace(evolution.standing().progress, best=_best(reached)))
    finally:
        _evaluation.cache_clear()
    return evolution


def _generations(evolution: Evolution) -> list[Generation]:
    """The generations of the last epoch, the first populations counting as 0."""
    first = evolution.state.generation - len(evolution.history) + 1
    return [
        Generation(number, told.evaluated, told.best, told.share)
        for number, told in enumerate(evolution.history, start=first)
    ]


def _best(state: State) -> tuple[tuple[str, ...], ...]:
    """The front so far, for people; figures of sketches."""
    rows = [
        (str(one.size), "-" if one.both is None else f"{one.both:.3f}", one.formula)
        for one in front_formulas(front(state.archive))
    ]
    return (("nodes", "tau-a", "formula"), *rows) if rows else ()


def _keep(run: EvolutionRunFolder, evolution: Evolution, reached: State) -> None:
    """Save a state, and say what came before it."""
    run.write_checkpoint(to_document(reached))
    for told in evolution.history:
        run.event("generation", number=told.generation, evaluated=told.evaluated, best=told.best)
    if reached.stopped_by:
        told = evolution.standing()
        run.event("stopped", by=reached.stopped_by, number=reached.generation, evaluated=told.evaluated, best=told.best)
