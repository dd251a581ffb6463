"""The evolution of HS-NAS: the best of a population are bred from, and who says which are best changes on the way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lpzero.errors import NoResultError
from lpzero.nas.ledger import Ledger
from lpzero.nas.pool import Pool
from lpzero.nas.schedule.answers import Answers
from lpzero.nas.schedule.config import ScheduleConfig
from lpzero.nas.schedule.document import Evolution
from lpzero.nas.schedule.variation import crossed, mutant
from lpzero.progress import Progress, Watch
from lpzero.spaces.architecture import Architecture

SHOWN, KEY = 8, 16
"""The best that are shown on the way, and characters of their keys."""


def evolved(
    config: ScheduleConfig,
    pool: Pool,
    answers: Sequence[Answers],
    rng: np.random.Generator,
    watch: Watch,
    first: Sequence[Architecture] = (),
) -> list[Ledger]:
    """Carry out the iterations of a schedule.

    A population is scored by the predictor of its phase; the best of it are the parents of the next one, which they are
    a part of, with mutants and crossovers of them. At a switch all of the population, parents among it, is scored by
    the new predictor: scores of two phases never meet.

    Deviations from the published code (HS-NAS, Jawahar et al. 2024, https://arxiv.org/abs/2310.16712): no two of a
    population are one model, nor is a child one that the predictor has scored before; redraws are bounded.

    Args:
        config: Phases and sizes.
        pool: Where architectures come from: all of them fit.
        answers: By place of the predictor.
        rng: Source of randomness.
        watch: Told of every iteration.
        first: What the first population begins with, different models that fit; random ones are the rest.

    Returns:
        For each phase all that its populations held.

    Raises:
        NoResultError: A predictor scores nobody of a population, or nothing fits.
    """
    space, sizes = pool.space, config.evolution
    scoring = [answers[phase.predictor] for phase in config.phases]
    ledgers = [Ledger(space, (one.predictor.config.higher_is_better,)) for one in scoring]
    population = _first(pool, sizes.population, rng, first)
    for iteration in range(sizes.iterations):
        at = config.phase_at(iteration)
        ledger, asked = ledgers[at], scoring[at]
        _tell(watch, iteration, sizes.iterations, asked, ledger)
        ledger.add(asked.of(population))
        parents = selected(ledger, population, sizes.parents)
        if not parents:
            statuses = ", ".join(sorted({one.status for one in ledger.entries.values()}))
            raise NoResultError(
                f"{asked.predictor.config.name} scores nobody of the population of iteration {iteration}: "
                f"{asked.reason or f'found {statuses}'}"
            )
        if iteration + 1 < sizes.iterations:
            judge = scoring[config.phase_at(iteration + 1)]
            population = [*parents, *bred(pool, parents, sizes, rng, set(judge.met))]
    _tell(watch, sizes.iterations, sizes.iterations, scoring[-1], ledgers[-1])
    return ledgers


def _tell(watch: Watch, done: int, total: int, asked: Answers, ledger: Ledger) -> None:
    name = asked.predictor.config.name
    # those of one phase: what another predictor said cannot stand beside it
    rows = [
        (ledger.space.key(one.architecture)[:KEY], "-" if one.scores[0] is None else f"{one.scores[0]:.6g}")
        for one in ledger.best(SHOWN)
    ]
    best = (("architecture", name), *rows) if rows else ()
    watch(Progress("search", done / total, f"{done}/{total} iterations, {len(asked.met):,} scored by {name}", best))


def _first(pool: Pool, number: int, rng: np.random.Generator, given: Sequence[Architecture] = ()) -> list[Architecture]:
    """So many architectures that fit, random ones behind those that are given, fewer where the pool has no more."""
    drawn = list(given[:number])
    taken = {pool.space.model_key(one) for one in drawn}
    while len(drawn) < number and (one := pool.sample(rng, taken)) is not None:
        taken.add(pool.space.model_key(one))
        drawn.append(one)
    return drawn


def selected(ledger: Ledger, population: Sequence[Architecture], number: int) -> list[Architecture]:
    """The best of a population that have scores, the best first; of equal ones the first."""
    worths = [ledger.worth(one) for one in population]
    # the worth of who has no score is below 0, a rank is not
    scored = [place for place, worth in enumerate(worths) if worth > 0]
    return [population[place] for place in sorted(scored, key=lambda place: -worths[place])[:number]]


def bred(
    pool: Pool, parents: Sequence[Architecture], sizes: Evolution, rng: np.random.Generator, scored: set[str]
) -> list[Architecture]:
    """Mutants and crossovers of parents, as many as there shall be, or fewer where the pool has no more.

    Args:
        pool: Where they come from.
        parents: At least one.
        sizes: How many, and how a mutant is drawn.
        rng: Source of randomness.
        scored: Keys of models that whoever scores the children has scored before.
    """
    taken = scored | {pool.space.model_key(parent) for parent in parents}
    children: list[Architecture] = []
    for number in range(sizes.mutants + sizes.crossovers):
        if number < sizes.mutants:
            child = mutant(pool, parents, sizes.mutation, rng, taken)
        else:
            child = crossed(pool, parents, rng, taken)
        if child is None:
            break
        taken.add(pool.space.model_key(child))
        children.append(child)
    return children


def drawn_beside(pool: Pool, number: int, answers: Answers, rng: np.random.Generator) -> Ledger:
    """A random search with so many architectures, scored by one predictor."""
    ledger = Ledger(pool.space, (answers.predictor.config.higher_is_better,))
    ledger.add(answers.of(_first(pool, number, rng), control=True))
    return ledger
