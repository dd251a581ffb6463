"""One island: a population that evolves for some generations, given what is known, from its own random generator.

An epoch is a pure function of the island, what was met before, and how far it may go: where and beside what it runs
changes nothing. Formulas are bred until a batch of new ones is together, and evaluated as one batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle

import numpy as np
from deap import base

from lpzero.evolution.archive import Numbers, key_hash
from lpzero.evolution.breeding import Breeding
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.individual import Individual
from lpzero.evolution.selection import Nsga2, Selection, Tournament
from lpzero.evolution.units import cross_units, mutate_units
from lpzero.evolution.variation import crossover, mutate
from lpzero.evolution.weighted.variation import cross_sums, mutate_sum
from lpzero.fitness import Status
from lpzero.formula import Formula, canonical, parse
from lpzero.formula.grammar import UNITS_GRAMMAR, WEIGHTED, Grammar, draw, get_grammar
from lpzero.formula.terms import draw_sum
from lpzero.formula.unit_grammar import draw_units, units_grammar
from lpzero.operands.available import operands_shown

_OPERATORS: dict[str, tuple[Callable[..., Formula], Callable[..., Formula], Callable[..., Formula]]] = {
    WEIGHTED: (draw_sum, cross_sums, mutate_sum),
    UNITS_GRAMMAR: (draw_units, cross_units, mutate_units),
}
"""What draws, mates and mutates the formulas of a grammar that is no grammar of trees over models."""
DRAWS = 50
SEEDED_SHARE = 0.5

Evaluate = Callable[[Sequence[Formula]], list[Candidate]]


@dataclass
class Island:
    """Where one island stands.

    Attributes:
        rng: The generator that every further choice is drawn from.
        population: The individuals of its last generation; none before the first.
        best: The highest worth that it has held; None before there is one.
        stale: Generations since that improved, or since the last restart.
        restarts: How often all but the elite was drawn anew.
    """

    rng: np.random.Generator
    population: list[Individual] = field(default_factory=list)
    best: float | None = None
    stale: int = 0
    restarts: int = 0


@dataclass(frozen=True)
class Order:
    """What an island is to do.

    Attributes:
        island: Where it stands; left as it is.
        met: (formulas,) int64, sorted hashes of the keys met so far, on whatever island.
        signatures: (rankings,) int64, sorted signatures met so far.
        generations: Generations to breed, the first population counting as one.
        evaluations: Formulas that it may evaluate; None for no limit.
        seconds: Time that it may take; None for no limit.
        seeds: Texts that its first population holds.
    """

    island: Island
    met: np.ndarray
    signatures: np.ndarray
    generations: int
    evaluations: int | None = None
    seconds: float | None = None
    seeds: tuple[str, ...] = ()


@dataclass
class Generation:
    """What one generation of an island met.

    Attributes:
        met: Of every formula that was new to it, in the order of meeting: the hash of its key; the rule that pruned
            it, or None; and the signature of its ranks, where it has any.
        best: The highest worth of the island so far; None before there is one.
        best_tau: The highest tau-a on the search split met in this epoch so far; None likewise.
        stopped_by: What ended it too early: ``max_evals``, ``budget`` or ``exhausted``; empty where nothing did.
    """

    met: list[tuple[int, str | None, int | None]] = field(default_factory=list)
    best: float | None = None
    best_tau: float | None = None
    stopped_by: str = ""


@dataclass(frozen=True)
class Epoch:
    """What came of an order.

    Attributes:
        island: Where it stands now.
        generations: One entry a generation, the last perhaps cut short.
        candidates: Valid formulas, one for each of the rankings that were met.
    """

    island: Island
    generations: list[Generation]
    candidates: list[Candidate]


class _Stop(Exception):  # noqa: N818  (no error: the way out of a generation)
    """A limit was reached inside a generation."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


def grammar_of(config: Breeding) -> Grammar:
    """The grammar of a run, without the operands that the models of one of its spaces have not."""
    if config.grammar == UNITS_GRAMMAR:
        return units_grammar(config.max_depth, config.max_size)
    usual = get_grammar(config.grammar, max_depth=config.max_depth, max_size=config.max_size, terms=config.terms)
    shown = operands_shown((*usual.operands, *config.operands), config.spaces)
    return replace(usual, operands=shown, primitives=tuple(config.primitives))


def evolve_island(order: Order, config: Breeding, evaluate: Evaluate) -> Epoch:
    """Carry out an order.

    Args:
        order: What to do.
        config: The settings of the run.
        evaluate: The evaluation of formulas, pure.
    """
    return _Breeding(order, config, evaluate).epoch()


class _Breeding:
    """The work of one epoch."""

    def __init__(self, order: Order, config: Breeding, evaluate: Evaluate) -> None:
        begun, grammar = order.island, grammar_of(config)
        rng = np.random.default_rng()
        rng.bit_generator.state = begun.rng.bit_generator.state
        self._island = Island(rng, list(begun.population), begun.best, begun.stale, begun.restarts)
        self._order, self._config, self._evaluate = order, config, evaluate
        self._deadline = None if order.seconds is None else time.monotonic() + order.seconds
        self._met, self._signatures = Numbers(order.met), Numbers(order.signatures)
        self._found: dict[int, Candidate] = {}
        self._smaller: dict[int, Individual] = {}
        self._evaluated, self._now = 0, Generation(best=begun.best)
        self._selection: Selection = (
            Nsga2(config.population) if config.select == "nsga2" else Tournament(config.tournament, config.elite)
        )
        self._toolbox = base.Toolbox()
        drawing, mating, mutating = _OPERATORS.get(config.grammar, (draw, crossover, mutate))
        self._toolbox.register("draw", drawing, grammar, rng)
        self._toolbox.register("mate", mating, grammar=grammar, rng=rng)
        self._toolbox.register("mutate", mutating, grammar=grammar, rng=rng)

    def epoch(self) -> Epoch:
        """Breed generation after generation."""
        generations: list[Generation] = []
        while len(generations) < self._order.generations:
            self._now = Generation(best=self._island.best, best_tau=self._now.best_tau)
            generations.append(self._now)
            try:
                self._generation()
            except _Stop as stop:
                self._now.stopped_by = stop.limit
                break
        return Epoch(self._island, generations, list(self._found.values()))

    def _generation(self) -> None:
        island, config = self._island, self._config
        before = island.population
        self._smaller = {}
        restart = bool(before) and 0 < config.restart_after <= island.stale
        if not before:
            bred = self._filled(self._seeded(), self._toolbox.draw)
        elif restart:
            bred = self._filled(_best(before, config.elite), self._toolbox.draw)
        else:
            self._selection.begin(before)
            bred = self._filled(self._selection.carried(before), self._child)
            bred = self._selection.survivors(self._represented(before), self._represented(bred))
        bred = self._represented(bred)
        if not self._now.met:
            raise _Stop("exhausted")
        island.population = bred
        island.restarts += restart
        worth = max((individual.worth for individual in bred), default=None)
        improved = worth is not None and (island.best is None or worth > island.best)
        island.best = self._now.best = worth if improved else island.best
        island.stale = 0 if improved or restart else island.stale + 1

    def _seeded(self) -> list[Individual]:
        """The seeds, and mutants of them in turn, as individuals of the first population."""
        seeds = [parse(text) for text in self._order.seeds]
        if not seeds:
            return []
        room = max(len(seeds), int(SEEDED_SHARE * self._config.population))
        individuals: list[Individual] = []
        fresh = [seed for seed in seeds if self._met.add(key_hash(canonical(seed).text))]
        self._try(fresh[: self._allowed(len(fresh))], individuals)
        turn = cycle(seeds)
        return self._filled(individuals, lambda: self._toolbox.mutate(next(turn)), room)

    def _filled(
        self, bred: list[Individual], propose: Callable[[], Formula], room: int | None = None
    ) -> list[Individual]:
        """Fill a generation with new valid formulas; a bounded number of proposals, as a grammar may run dry."""
        room = self._config.population if room is None else room
        draws = DRAWS * room
        while len(bred) < room and draws > 0:
            batch: list[Formula] = []
            most = self._allowed(room - len(bred))
            while len(batch) < most and draws > 0:
                draws -= 1
                formula = canonical(propose())
                if self._met.add(key_hash(formula.text)):
                    batch.append(formula)
            self._try(batch, bred)
        return bred[:room]

    def _allowed(self, wanted: int) -> int:
        """How many formulas may be tried now.

        Raises:
            _Stop: None, for a limit was reached.
        """
        if self._deadline is not None and time.monotonic() >= self._deadline:
            raise _Stop("budget")
        if self._order.evaluations is None:
            return wanted
        if self._evaluated >= self._order.evaluations:
            raise _Stop("max_evals")
        return min(wanted, self._order.evaluations - self._evaluated)

    def _try(self, batch: list[Formula], bred: list[Individual]) -> None:
        """Evaluate new formulas, and add those to a generation that rank as nothing did before."""
        for known in self._evaluate(batch):
            self._evaluated += known.status is not Status.PRUNED
            if known.ok:
                assert known.signature is not None
                assert known.search is not None
                individual = Individual(known, self._config.parsimony, many=self._selection.many)
                if self._signatures.add(known.signature):
                    bred.append(individual)
                else:
                    other = self._smaller.get(known.signature)
                    if other is None or known.rank < other.candidate.rank:
                        self._smaller[known.signature] = individual
                first = self._found.get(known.signature)
                if first is None or known.rank < first.rank:
                    self._found[known.signature] = known
                self._now.best_tau = max(known.search.tau_a, self._now.best_tau or known.search.tau_a)
            self._now.met.append((key_hash(known.key), known.rule, known.signature))

    def _represented(self, individuals: list[Individual]) -> list[Individual]:
        """Each one, or the formula that this generation met which represents its ranks better."""
        result = []
        for individual in individuals:
            assert individual.candidate.signature is not None
            smaller = self._smaller.get(individual.candidate.signature, individual)
            result.append(smaller if smaller.candidate.rank < individual.candidate.rank else individual)
        return result

    def _child(self) -> Formula:
        island, config = self._island, self._config
        rng, population = island.rng, island.population
        child: Formula = self._selection.parent(population, rng).candidate.formula
        if rng.random() < config.crossover_rate:
            child = self._toolbox.mate(child, self._selection.parent(population, rng).candidate.formula)
        if rng.random() < config.mutation_rate:
            child = self._toolbox.mutate(child)
        return child


def _best(population: list[Individual], number: int) -> list[Individual]:
    return sorted(population, key=lambda individual: (-individual.worth, individual.candidate.key))[:number]


def migrate(islands: Sequence[Island], number: int) -> None:
    """Give each island the best of the one before it in the ring, in the place of its worst.

    Args:
        islands: Changed in place.
        number: How many migrate, fewer than a population.

    A migrant whose ranks the island has already stays at home. The best of an island is not replaced.
    """
    leaving = [_best(island.population, number) for island in islands]
    for island, arriving in zip(islands, [leaving[-1], *leaving[:-1]], strict=True):
        if not island.population:
            island.population = list(arriving)
            continue
        present = {individual.candidate.signature for individual in island.population}
        new = [individual for individual in arriving if individual.candidate.signature not in present]
        keep = max(1, len(island.population) - len(new))
        kept = {id(individual) for individual in _best(island.population, keep)}
        island.population = [i for i in island.population if id(i) in kept] + new
