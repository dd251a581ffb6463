"""Evolve an importance on tables of choices: whole layers to search, to choose by, and sealed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lpzero.compression.choices.config import ChoicesConfig
from lpzero.compression.choices.result import ChoicesResult, FoundImportance, UnitsFrontFormula
from lpzero.compression.choices.scores import evaluator_of
from lpzero.compression.choices.sealed import sealed_test
from lpzero.compression.choices.shipped import SHIPPED, UnitFormulas
from lpzero.compression.choices.table import ChoicesTable, read_choices
from lpzero.engines import single_threaded
from lpzero.errors import InputError
from lpzero.evolution.checkpoint import from_document, to_document
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.discovery.consensus import choose
from lpzero.evolution.evaluation import Evaluation
from lpzero.evolution.evolution import Evolution, State, front
from lpzero.evolution.folder import CHECKPOINT, LARGEST_CHECKPOINT
from lpzero.evolution.island import Epoch, Order, evolve_island
from lpzero.evolution.judging import Judge
from lpzero.files import write_json, write_text
from lpzero.fitness import Split, split
from lpzero.formula import Formula, apply, canonical
from lpzero.formula.formula import constant
from lpzero.formula.weighted import DIGITS
from lpzero.progress import Watch
from lpzero.run_folder import RunFolder
from lpzero.seeds import derived_seed
from lpzero.settings import read_document

SPLIT, IMPORTANCE = "split.json", "importance.json"


class ChoicesRunFolder(RunFolder[ChoicesResult]):
    """The folder of one evolution on tables of choices; see :class:`lpzero.run_folder.RunFolder`."""

    kind, result_file, of, remedy = ChoicesResult, IMPORTANCE, "a run", "delete the file"

    def write_checkpoint(self, document: dict[str, Any]) -> None:
        """Replace the checkpoint."""
        write_text(self.path / CHECKPOINT, json.dumps(document, allow_nan=False))

    def read_checkpoint(self) -> dict[str, Any] | None:
        """The last checkpoint; None where the run has none yet."""
        path = self.path / CHECKPOINT
        return read_document(path, largest=LARGEST_CHECKPOINT) if path.exists() else None


@dataclass(frozen=True)
class ChoicesSetting:
    """What a run works on.

    Attributes:
        config: Its settings.
        tables: What formulas are ranked on.
        parts: Of each table, which records are for what: whole layers.
        held_out: Tables for the final figures alone.
    """

    config: ChoicesConfig
    tables: tuple[ChoicesTable, ...]
    parts: tuple[Split, ...]
    held_out: tuple[ChoicesTable, ...]


def prepare(config: ChoicesConfig) -> ChoicesSetting:
    """Read the tables and draw the split of each.

    Raises:
        InputError: A table is none, has changed since the run began, or has too few layers to seal two of them.
    """
    tables = [_unchanged(part.table, part.records_sha256) for part in config.tables]
    held_out = [_unchanged(part.table, part.records_sha256) for part in config.hold_out]
    parts = [_split(table, config, number) for number, table in enumerate(tables)]
    return ChoicesSetting(config, tuple(tables), tuple(parts), tuple(held_out))


def _unchanged(folder: str, digest: str) -> ChoicesTable:
    table = read_choices(Path(folder))
    if digest != table.card.records_sha256:
        raise InputError(f"{folder}: expected the records that the run began with, found others: begin a new run")
    return table


def _split(table: ChoicesTable, config: ChoicesConfig, number: int) -> Split:
    layers = table.layers
    counts = np.unique(layers, return_counts=True)[1]
    sizes = [int(share * len(counts)) * int(counts.max()) for share in (config.search_layers, config.validation_layers)]
    rng = np.random.default_rng(derived_seed(config.seed, "layers", str(number)))
    parts = split(layers, search=sizes[0], validation=sizes[1], rng=rng)
    sealed = {int(layers[place]) for place in parts.test}
    seen = {int(layers[place]) for place in (*parts.search, *parts.validation)}
    if len(sealed - seen) < 2 or sealed & seen:
        raise InputError(
            f"{table.folder}: expected layers enough to seal two of them, found {len(counts)}: lower `search_layers`"
        )
    return parts


def execute(run: ChoicesRunFolder, setting: ChoicesSetting, watch: Watch) -> ChoicesResult:
    """Carry a run to its end, from its checkpoint where it has one; the result of a finished one is its stored one.

    Raises:
        NoResultError: No valid formula was found.
        InputError: Another process carries the run on.
    """
    return run.carry_out(lambda: _execute(run, setting, watch))


def _execute(run: ChoicesRunFolder, setting: ChoicesSetting, watch: Watch) -> ChoicesResult:
    config = setting.config
    named = {
        table.card.name: {
            part: sorted({int(table.layers[place]) for place in places}) for part, places in parts.to_json().items()
        }
        for table, parts in zip(setting.tables, setting.parts, strict=True)
    }
    write_json(run.path / SPLIT, named)
    with single_threaded():
        evaluation = _evaluation(setting)
        state = _evolve(run, config, evaluation, watch)
        chosen = choose(state.kept, config.parsimony, evaluation.scores)
        run.event("testing", formula=str(chosen.formula))
        result = _result(run, setting, evaluation, state, chosen)
    run.write_result(result)
    run.event("finished", stopped_by=state.stopped_by)
    return result


def _evaluation(setting: ChoicesSetting) -> Evaluation:
    """What formulas are ranked by: the search layers of all tables, then their validation layers."""
    tables = list(setting.tables)
    wanted = [parts.search for parts in setting.parts] + [parts.validation for parts in setting.parts]
    quality = [table.divergences[list(places)] for table, places in zip(tables * 2, wanted, strict=True)]
    numbers = [np.full(len(places), number % len(tables)) for number, places in enumerate(wanted)]
    judge = Judge(
        torch.from_numpy(np.concatenate(quality)),
        sum(len(parts.search) for parts in setting.parts),
        tables=torch.from_numpy(np.concatenate(numbers)) if len(tables) > 1 else None,
    )
    evaluator = evaluator_of(tables * 2, wanted)
    return Evaluation(evaluator, judge, resamples=None, quantile=0.25, joint=True)


def _carry_out(config: ChoicesConfig, evaluation: Evaluation, orders: Sequence[Order]) -> list[Epoch]:
    return [evolve_island(order, config, evaluation) for order in orders]


def _evolve(run: ChoicesRunFolder, config: ChoicesConfig, evaluation: Evaluation, watch: Watch) -> State:
    saved = run.read_checkpoint()
    state = State.fresh(config) if saved is None else from_document(saved, config)
    if saved is not None:
        run.event("resumed", generation=state.generation)
    begun = [str(canonical(formula)) for formulas in SHIPPED.values() for formula in formulas.formulas]
    # a constant is none of the grammar
    seeds = [text for text in begun if not text.startswith("1.0")]
    evolution = Evolution(
        config, partial(_carry_out, config, evaluation), state, lambda standing: watch(standing.progress), seeds
    )
    for reached in evolution.run():
        run.write_checkpoint(to_document(reached))
        for told in evolution.history:
            run.event("generation", number=told.generation, evaluated=told.evaluated, best=told.best)
    return evolution.state


def _result(
    run: ChoicesRunFolder, setting: ChoicesSetting, evaluation: Evaluation, state: State, chosen: Candidate
) -> ChoicesResult:
    config = setting.config
    found = UnitFormulas(chosen.formula, chosen.formula)
    sign = 1.0 if chosen.higher_is_better else -1.0
    tests = [
        sealed_test(table, parts.test, found, sign=sign, sealed=True, seed=config.seed)
        for table, parts in zip(setting.tables, setting.parts, strict=True)
    ]
    tests += [
        sealed_test(table, range(len(table.records)), found, sign=sign, sealed=False, seed=config.seed)
        for table in setting.held_out
    ]
    priced = in_nats(chosen.formula, evaluation.evaluator.scores(chosen.formula), evaluation.judge.quality.numpy())
    return ChoicesResult(
        run=str(run.path),
        tables=[table.card.name for table in setting.tables],
        seed=config.seed,
        evaluated=state.evaluated,
        duplicates=state.duplicates,
        pruned=dict(sorted(state.pruned.items())),
        generations=state.generation,
        seconds=round(state.seconds, 3),
        stopped_by=state.stopped_by,
        best=FoundImportance(
            formula=str(chosen.formula),
            direction="higher" if chosen.higher_is_better else "lower",
            size=chosen.size,
            search=None if chosen.search is None else chosen.search.tau_a,
            validation=None if chosen.validation is None else chosen.validation.tau_a,
            importance=None if priced is None else str(priced),
        ),
        front=[
            UnitsFrontFormula(
                formula=str(one.formula),
                direction="higher" if one.higher_is_better else "lower",
                size=one.size,
                both=None if one.both is None else one.both.tau_a,
            )
            for one in front(state.archive)
        ],
        tests=tests,
    )


def in_nats(formula: Formula, scores: np.ndarray, divergences: np.ndarray) -> Formula | None:
    """A formula in nats: a power of it, a factor before it, fitted by least squares of logarithms.

    Costs of several parts are added up, for which a ranking alone is not enough.

    Args:
        formula: The formula.
        scores: (replacements,) its values.
        divergences: (replacements,) what was measured.

    Returns:
        None where a score is not positive and finite.
    """
    known = divergences > 0
    if not (np.isfinite(scores[known]).all() and (scores[known] > 0).all()):
        return None
    slope, level = np.polyfit(np.log(scores[known]), np.log(divergences[known]), 1)
    power = apply("mul", constant(float(f"{slope:.{DIGITS}g}")), apply("log", formula))
    return apply("exp", apply("add", constant(float(f"{level:.{DIGITS}g}")), power))
