"""The evolution itself: DEAP's toolbox, selection and hall of fame around our own typed generator and variation.

DEAP's random selection draws from Python's global generator, so a tournament here draws its entrants from the run's
own generator and lets DEAP's ``selBest`` choose among them. No formula is evaluated twice: canonical keys are kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from deap import base, tools

from lpzero.errors import NoResultError
from lpzero.evolve.config import EvolveConfig
from lpzero.evolve.individual import Evaluated, FrontMember, Individual
from lpzero.evolve.variation import crossover, mutate
from lpzero.fitness import Status
from lpzero.formula import Formula, canonical_key
from lpzero.formula.grammar import Grammar, draw, grammar

HALL = 20
DRAWS = 50


@dataclass
class State:
    """Where an evolution stands after a generation.

    Attributes:
        rng: The generator that every further choice is drawn from.
        generation: Generations finished; 0 before the first population is complete.
        population: The individuals of the last generation.
        archive: Every formula met, by canonical key, in the order of meeting.
        stale: Generations since the best of the hall of fame improved.
        seconds: Time spent so far.
        stopped_by: The limit that ended the evolution; empty while it may go on.
    """

    rng: np.random.Generator
    generation: int = 0
    population: list[Individual] = field(default_factory=list)
    archive: dict[str, Evaluated] = field(default_factory=dict)
    stale: int = 0
    seconds: float = 0.0
    stopped_by: str = ""

    @property
    def evaluated(self) -> int:
        """Distinct formulas that were evaluated in full."""
        return sum(known.status is not Status.PRUNED for known in self.archive.values())

    @property
    def pruned(self) -> dict[str, int]:
        """Distinct formulas that each rule refused, by the name of the rule."""
        counts: dict[str, int] = {}
        for known in self.archive.values():
            if known.rule is not None:
                counts[known.rule] = counts.get(known.rule, 0) + 1
        return dict(sorted(counts.items()))


class _Stop(Exception):  # noqa: N818  (no error: the way out of a generation)
    """A limit was reached inside a generation."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


@dataclass(frozen=True)
class Progress:
    """What is told after a formula or a generation.

    Attributes:
        generation: The generation being bred, 0 for the first population.
        evaluated: Formulas evaluated in full so far.
        best: Best tau-a on the search split so far; None before there is one.
        done: Share of the work that is done, in [0, 1], by the limit that is nearest.
    """

    generation: int
    evaluated: int
    best: float | None
    done: float


class Evolution:
    """One evolution.

    Args:
        config: Its settings.
        evaluate: The evaluation of a formula, pure.
        state: Where to begin; a fresh state or one read from a checkpoint.
        report: Called often, for progress.
    """

    def __init__(
        self,
        config: EvolveConfig,
        evaluate: Callable[[Formula], Evaluated],
        state: State,
        report: Callable[[Progress], None],
    ) -> None:
        self.config = config
        self.state = state
        self._evaluate = evaluate
        self._report = report
        self._rules: Grammar = grammar(config.grammar, max_depth=config.max_depth, max_size=config.max_size)
        self._started = time.monotonic() - state.seconds
        self._evaluated = state.evaluated
        self._bred = 0
        found = (known.search.tau_a for known in state.archive.values() if known.search is not None)
        self._best_tau = max(found, default=None)
        self._hall = tools.HallOfFame(HALL)
        self._hall.update([self._individual(known) for known in state.archive.values() if known.ok])
        self._toolbox = base.Toolbox()
        self._toolbox.register("draw", draw, self._rules, state.rng)
        self._toolbox.register("mate", crossover, rules=self._rules, rng=state.rng)
        self._toolbox.register("mutate", mutate, rules=self._rules, rng=state.rng)
        self._toolbox.register("select", partial(_tournament, size=config.tournament, rng=state.rng))

    def run(self) -> Iterator[State]:
        """Yield the state after every generation, and once more where a limit fell inside one.

        The last state's ``stopped_by`` names the limit: generations, max_evals, budget, patience or exhausted.
        """
        while not self.state.stopped_by:
            limit = self._limit_between()
            if limit is None:
                try:
                    self._generation()
                except _Stop as stop:
                    limit = stop.limit
            self.state.stopped_by = limit or ""
            self.state.seconds = time.monotonic() - self._started
            yield self.state

    def progress(self) -> Progress:
        """How far the evolution is."""
        config, state = self.config, self.state
        generations = config.generations + 1
        finished = state.generation + bool(state.population)
        shares = [min(1.0, (finished + self._bred / config.population) / generations)]
        if config.max_evals is not None:
            shares.append(self._evaluated / config.max_evals)
        if config.budget is not None:
            shares.append((time.monotonic() - self._started) / config.budget)
        bred = min(finished, config.generations)
        return Progress(bred, self._evaluated, self._best_tau, min(1.0, max(shares)))

    def _individual(self, known: Evaluated) -> Individual:
        return Individual(known, self.config.parsimony)

    def _limit_between(self) -> str | None:
        # the first population is generation 0, so that `generations` counts the bred ones
        if self.state.population and self.state.generation >= self.config.generations:
            return "generations"
        if self.config.patience is not None and self.state.stale >= self.config.patience:
            return "patience"
        return self._limit_inside()

    def _limit_inside(self) -> str | None:
        if self.config.max_evals is not None and self._evaluated >= self.config.max_evals:
            return "max_evals"
        if self.config.budget is not None and time.monotonic() - self._started >= self.config.budget:
            return "budget"
        return None

    def _meet(self, formula: Formula) -> Evaluated | None:
        """Evaluate a formula that is new; None where it is known already."""
        key = canonical_key(formula)
        if key in self.state.archive:
            return None
        known = self._evaluate(formula)
        self.state.archive[key] = known
        self._evaluated += known.status is not Status.PRUNED
        if known.search is not None:
            self._best_tau = max(known.search.tau_a, -1.0 if self._best_tau is None else self._best_tau)
        self._report(self.progress())
        limit = self._limit_inside()
        if limit is not None:
            raise _Stop(limit)
        return known

    def _generation(self) -> None:
        before, evaluated = self._best(), len(self.state.archive)
        first = not self.state.population
        elite = (
            [] if first else tools.selBest(self.state.population, min(self.config.elite, len(self.state.population)))
        )
        bred = self._filled(elite, self._toolbox.draw if first else self._child)
        if first and not bred:
            raise NoResultError("no formula of the first population ranks anything: raise --population")
        if not bred or len(self.state.archive) == evaluated:
            raise _Stop("exhausted")
        self._hall.update(bred)
        self.state.population = bred
        self.state.generation += not first
        improved = before is None or self._hall[0].fitness.values[0] > before
        self.state.stale = 0 if improved else self.state.stale + 1

    def _filled(self, bred: list[Individual], propose: Callable[[], Formula]) -> list[Individual]:
        """Fill a generation with new valid formulas; a bounded number of proposals, as a grammar may run dry."""
        for _ in range(DRAWS * self.config.population):
            self._bred = len(bred)
            if len(bred) >= self.config.population:
                break
            known = self._meet(propose())
            if known is not None and known.ok:
                bred.append(self._individual(known))
        self._bred = 0
        return bred

    def _child(self) -> Formula:
        rng, population = self.state.rng, self.state.population
        child: Formula = self._toolbox.select(population).evaluated.formula
        if rng.random() < self.config.crossover_rate:
            child = self._toolbox.mate(child, self._toolbox.select(population).evaluated.formula)
        if rng.random() < self.config.mutation_rate:
            child = self._toolbox.mutate(child)
        return child

    def _best(self) -> float | None:
        return self._hall[0].fitness.values[0] if len(self._hall) else None


def _tournament(population: list[Individual], *, size: int, rng: np.random.Generator) -> Individual:
    entrants = [population[int(i)] for i in rng.integers(0, len(population), size=size)]
    winner: Individual = tools.selBest(entrants, 1)[0]
    return winner


def front(archive: dict[str, Evaluated]) -> list[Evaluated]:
    """The formulas that no other beats in both size and tau-a on search and validation, smallest first."""
    pareto = tools.ParetoFront(similar=lambda a, b: a.evaluated.key == b.evaluated.key)
    pareto.update([FrontMember(known) for known in archive.values() if known.ok])
    best: dict[int, Evaluated] = {}
    for member in pareto:
        best.setdefault(member.evaluated.formula.size, member.evaluated)
    return [best[size] for size in sorted(best)]


def choose(found: list[Evaluated], parsimony: float) -> Evaluated:
    """The member of a front with the highest tau-a on search and validation, less ``parsimony`` a node.

    Raises:
        NoResultError: The front is empty.
    """
    if not found:
        raise NoResultError("no valid formula was found: raise --generations, --max-evals or --budget")

    def worth(known: Evaluated) -> float:
        assert known.both is not None
        return known.both.tau_a - parsimony * known.formula.size

    return max(found, key=worth)
