"""The evolution: islands that evolve apart for an epoch, a ring of migrations, and the limits of the whole.

An island's epoch is a pure function (:mod:`lpzero.evolution.island`), so that where the islands run changes nothing.
What they met is brought together after each epoch: no formula is evaluated twice from one epoch to the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from deap import tools

from lpzero.errors import NoResultError
from lpzero.evolution.archive import Numbers, keep_best
from lpzero.evolution.breeding import Breeding
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.individual import FrontMember
from lpzero.evolution.island import Epoch, Island, Order, migrate
from lpzero.progress import Progress
from lpzero.seeds import derived_seed

Spread = Callable[[Sequence[Order]], Iterable[Epoch]]


@dataclass
class State:
    """Where an evolution stands after an epoch.

    Attributes:
        islands: Where each island stands.
        generation: Generations finished; 0 before the first populations are complete.
        begun: Whether they are.
        kept: The best formulas of every size, one for each ranking, from which the result is chosen.
        met: Hashes of the keys of all formulas met.
        signatures: Signatures of all rankings met.
        evaluated: Distinct formulas that were evaluated in full.
        duplicates: Those of them that rank the search split as another one did before.
        pruned: Distinct formulas that each rule refused, by the name of the rule.
        best: The highest worth so far, None before there is one.
        best_tau: The highest tau-a on the search split so far, None likewise.
        stale: Generations since the best worth of all islands improved.
        seconds: Time spent so far.
        stopped_by: The limit that ended the evolution; empty while it may go on.
    """

    islands: list[Island]
    generation: int = 0
    begun: bool = False
    kept: list[Candidate] = field(default_factory=list)
    met: Numbers = field(default_factory=Numbers)
    signatures: Numbers = field(default_factory=Numbers)
    evaluated: int = 0
    duplicates: int = 0
    pruned: dict[str, int] = field(default_factory=dict)
    best: float | None = None
    best_tau: float | None = None
    stale: int = 0
    seconds: float = 0.0
    stopped_by: str = ""

    @classmethod
    def fresh(cls, config: Breeding) -> State:
        """Islands without populations, each with a generator that follows from the run's seed and its number."""
        seeds = [derived_seed(config.seed, "evolve", str(number)) for number in range(config.islands)]
        return cls([Island(np.random.default_rng(seed)) for seed in seeds])

    @property
    def archive(self) -> dict[str, Candidate]:
        """The kept formulas by canonical key."""
        return {known.key: known for known in self.kept}

    @property
    def restarts(self) -> int:
        """How often an island drew all but its elite anew."""
        return sum(island.restarts for island in self.islands)


@dataclass(frozen=True)
class Standing:
    """How far an evolution is, after an island's epoch or a generation of all.

    Attributes:
        generation: The generation, 0 for the first populations.
        evaluated: Formulas evaluated in full so far.
        best: Best tau-a on the search split so far; None before there is one.
        share: Share of the work that is done, in [0, 1], by the limit that is nearest.
    """

    generation: int
    evaluated: int
    best: float | None
    share: float

    @property
    def progress(self) -> Progress:
        """The same as a job tells it."""
        best = "none yet" if self.best is None else f"{self.best:.3f}"
        facts = f"generation {self.generation}, {self.evaluated} formulas, best tau-a {best}"
        return Progress("evolving", self.share, facts)


class Evolution:
    """One evolution.

    Args:
        config: Its settings.
        spread: Carries out the islands' orders, here or elsewhere, and gives the epochs in their order.
        state: Where to begin; a fresh state or one read from a checkpoint.
        report: Called after every island's epoch.
        seeds: Texts of formulas that the first populations hold, beside mutants of them.
    """

    def __init__(
        self,
        config: Breeding,
        spread: Spread,
        state: State,
        report: Callable[[Standing], None],
        seeds: Sequence[str] = (),
    ) -> None:
        self.config = config
        self.state = state
        self.history: list[Standing] = []
        self._spread = spread
        self._report = report
        self._seeds = tuple(seeds)
        self._started = time.monotonic() - state.seconds

    def run(self) -> Iterator[State]:
        """Yield the state after every epoch; ``history`` then tells of its generations.

        The last state's ``stopped_by`` names the limit: generations, max_evals, budget, patience or exhausted. Whoever
        is given a state may set it, which ends the evolution there.

        Raises:
            NoResultError: No formula of the first populations ranks anything.
        """
        while not self.state.stopped_by:
            self.history = []
            self.state.stopped_by = self._limit() or self._epoch()
            self.state.seconds = time.monotonic() - self._started
            yield self.state

    def standing(self, *, epochs: Sequence[Epoch] = ()) -> Standing:
        """How far the evolution is, with the epochs that are not brought together yet."""
        config, state = self.config, self.state
        evaluated = state.evaluated + sum(_evaluated(epoch) for epoch in epochs)
        bred = sum(len(epoch.generations) for epoch in epochs) / len(state.islands)
        finished = state.generation + state.begun
        shares = [(finished + bred) / (config.generations + 1)]
        if config.max_evals is not None:
            shares.append(evaluated / config.max_evals)
        if config.budget is not None:
            shares.append((time.monotonic() - self._started) / config.budget)
        taus = [tau for epoch in epochs for tau in [epoch.generations[-1].best_tau] if tau is not None]
        best = max([*taus, *([] if state.best_tau is None else [state.best_tau])], default=None)
        return Standing(min(finished, config.generations), evaluated, best, min(1.0, max(shares)))

    def _limit(self) -> str:
        """The limit that is reached between two epochs; empty where none is."""
        config, state = self.config, self.state
        if state.begun and state.generation >= config.generations:
            return "generations"
        if config.patience is not None and state.stale >= config.patience:
            return "patience"
        if config.max_evals is not None and state.evaluated >= config.max_evals:
            return "max_evals"
        if config.budget is not None and time.monotonic() - self._started >= config.budget:
            return "budget"
        return ""

    def _orders(self) -> list[Order]:
        config, state = self.config, self.state
        number = len(state.islands)
        left = None if config.max_evals is None else config.max_evals - state.evaluated
        seconds = None if config.budget is None else config.budget - (time.monotonic() - self._started)
        return [
            Order(
                island,
                state.met.settle(),
                state.signatures.settle(),
                self._span(),
                None if left is None else left // number + (place < left % number),
                seconds,
                self._seeds[place::number],
            )
            for place, island in enumerate(state.islands)
        ]

    def _span(self) -> int:
        """Generations until the next migration, or until a limit that counts generations."""
        config, state = self.config, self.state
        if not state.begun:
            return 1
        spans = [config.epoch - state.generation % config.epoch, config.generations - state.generation]
        if config.patience is not None:
            spans.append(config.patience - state.stale)
        return min(spans)

    def _epoch(self) -> str:
        """Let every island evolve, and bring together what they met; the limit that was reached, or nothing."""
        epochs: list[Epoch] = []
        for epoch in self._spread(self._orders()):
            epochs.append(epoch)
            self._report(self.standing(epochs=epochs))
        state, config = self.state, self.config
        first = not state.begun
        state.islands = [epoch.island for epoch in epochs]
        state.kept = keep_best(state.kept, [known for epoch in epochs for known in epoch.candidates])
        for number in range(max(len(epoch.generations) for epoch in epochs)):
            self._count_generation(epochs, number)
        stopped = {epoch.generations[-1].stopped_by for epoch in epochs}
        if "budget" in stopped:
            return "budget"
        if config.max_evals is not None and state.evaluated >= config.max_evals:
            return "max_evals"
        if not any(generation.met for epoch in epochs for generation in epoch.generations):
            return "exhausted"
        # later, a grammar that runs dry may leave an island nothing but what is known: it is drawn anew
        if first and not any(island.population for island in state.islands) and "max_evals" not in stopped:
            raise NoResultError("no formula of the first population ranks anything: raise `population`")
        if state.generation and state.generation % config.epoch == 0:
            migrate(state.islands, config.migrants)
        return ""

    def _count_generation(self, epochs: Sequence[Epoch], number: int) -> None:
        """Count what one generation of all islands met; a formula that several met counts once."""
        state = self.state
        there = [epoch.generations[number] for epoch in epochs if number < len(epoch.generations)]
        for generation in there:
            for key, rule, signature in generation.met:
                if not state.met.add(key):
                    # another island met it in this epoch
                    continue
                if rule is not None:
                    state.pruned[rule] = state.pruned.get(rule, 0) + 1
                else:
                    state.evaluated += 1
                    state.duplicates += signature is not None and not state.signatures.add(signature)
            if generation.best_tau is not None:
                state.best_tau = max(generation.best_tau, state.best_tau or generation.best_tau)
        complete = [generation for generation in there if not generation.stopped_by]
        if not complete:
            return
        worths = [generation.best for generation in complete if generation.best is not None]
        improved = bool(worths) and (state.best is None or max(worths) > state.best)
        state.best = max(worths) if improved else state.best
        state.stale = 0 if improved else state.stale + 1
        state.generation += state.begun
        state.begun = True
        self.history.append(self.standing())


def _evaluated(epoch: Epoch) -> int:
    return sum(rule is None for generation in epoch.generations for _, rule, _ in generation.met)


def front(archive: dict[str, Candidate]) -> list[Candidate]:
    """The formulas that no other beats in both size and tau-a on search and validation, smallest first."""
    pareto = tools.ParetoFront(similar=lambda a, b: a.candidate.key == b.candidate.key)
    pareto.update([FrontMember(known) for known in archive.values() if known.ok])
    best: dict[int, Candidate] = {}
    for member in pareto:
        best.setdefault(member.candidate.size, member.candidate)
    return [best[size] for size in sorted(best)]
