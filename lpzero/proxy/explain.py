"""What a proxy measures: the ranking that is left of it when a part of what it looks at is taken away.

A table is scored again with other tokens, other initialisations, and operands whose numbers were replaced
(:mod:`lpzero.operands.intervene`); :mod:`lpzero.proxy.verdict` turns what is left into words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lpzero.engines import Engine
from lpzero.errors import InputError
from lpzero.fitness import judge, tau_a_interval
from lpzero.fitness.compare import Left, share_left
from lpzero.fitness.correlation import net_pairs
from lpzero.fitness.ranking import MeasuredArchitectures
from lpzero.fitness.strata import stratified
from lpzero.operands.probe import Probe
from lpzero.proxy.interventions import ORIGINAL, interventions, redrawn_weights, score_interventions, unsupported
from lpzero.proxy.proxy import Proxy
from lpzero.proxy.rank import measured_architectures
from lpzero.proxy.score import Score, ScoreStatus, directed
from lpzero.proxy.verdict import Effect, judge_effects
from lpzero.seeds import derived_seed
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table

REDRAWS = 3
"""How often the initialisation is drawn again by default."""
LEAST, MOST = 4, 100
"""The fewest architectures that can be explained, and the most that are drawn by default."""


@dataclass(frozen=True)
class Explanation:
    """What a proxy measures on a table.

    Attributes:
        original: The table scored unchanged.
        effects: One an intervention, in the order of :func:`lpzero.proxy.interventions.interventions`.
        redrawn: All redrawn initialisations together; None for models with trained weights, and for a count.
        verdict: ``"shape only"``, ``"signal propagation"``, ``"trained weights"``, ``"does not rank"``,
            ``"undecided"``, or the parts among ``"gradients"``, ``"gradient scale"``, ``"data"`` and
            ``"initialisation statistics"`` that the ranking needs, joined by ``" and "``.
        reasons: What the verdict follows from, a sentence each.
    """

    original: Effect
    effects: tuple[Effect, ...]
    redrawn: Effect | None
    verdict: str
    reasons: tuple[str, ...]


def drawn(table: Table, among: Sequence[int], archs: int | None, seed: int) -> Table:
    """A part of a table, drawn by a seed, its records in the order of the table.

    Args:
        table: The table.
        among: Indices of the records that may be drawn.
        archs: Records to keep; None for all of them, but at most 100.
        seed: Seed of the draw.

    Raises:
        InputError: Fewer than 4 records are asked for, or more than there are.
    """
    if len(among) < LEAST:
        raise InputError(f"expected at least {LEAST} architectures, found {len(among)} in {table.name}")
    number = min(MOST, len(among)) if archs is None else archs
    if not LEAST <= number <= len(among):
        which = f"all of {table.name}" if len(among) == table.n else f"those of {table.name} that are not left out"
        raise InputError(f"`archs`: expected from {LEAST} to {len(among)}, {which}, found {number}")
    kept = np.random.default_rng(derived_seed(seed, "explain")).choice(len(among), size=number, replace=False)
    return replace(table, records=tuple(table.records[among[int(i)]] for i in np.sort(kept)))


def explain_ranking(
    space: SearchSpace,
    table: Table,
    proxy: Proxy,
    probe: Probe,
    *,
    redraws: int = REDRAWS,
    engine: Engine,
    progress: Callable[[int, int], None],
) -> Explanation:
    """Score a table unchanged and under every intervention, and say what the ranking lives on.

    Args:
        space: Space and protocol that build the models.
        table: The table, or what was drawn of it.
        proxy: The proxy, in its own direction throughout.
        probe: Seeds, batch and device.
        redraws: How often the initialisation is drawn again, at least 1.
        engine: Where the work runs; the result does not depend on it.
        progress: Called with (architectures done, architectures to do).

    Raises:
        InputError: No redraw is asked for, or the batch does not fit the space.
    """
    architectures = [record.architecture for record in table.records]
    scored = score_interventions(space, architectures, proxy, probe, redraws=redraws, engine=engine, progress=progress)
    judged = _Judge(measured_architectures(space, table), proxy, probe.seed)
    before = scored[ORIGINAL]
    original = judged.effect(ORIGINAL, before)
    effects = []
    for name in interventions(redraws):
        reason = unsupported(space, proxy, name)
        if reason:
            effects.append(Effect(name, "unsupported", reason=reason))
            continue
        # what an intervention does not touch has the original scores
        scores = scored.get(name, before)
        effect = judged.effect(name, scores) if name in scored else replace(original, name=name)
        effects.append(judged.compared(effect, scores, original, before))
    named = {effect.name: effect for effect in effects}
    draws = [name for name in redrawn_weights(redraws) if not space.pretrained and proxy.needs_pass]
    redrawn = judged.together([named[name] for name in draws], [scored[name] for name in draws], original, before)
    verdict, reasons = judge_effects(proxy, original, named, redrawn)
    return Explanation(original, tuple(effects), redrawn, verdict, reasons)


@dataclass(frozen=True)
class _Judge:
    """Compares scores with qualities, (architectures,), higher being better, and with other scores."""

    measured: MeasuredArchitectures
    proxy: Proxy
    seed: int

    @property
    def quality(self) -> np.ndarray:
        """(architectures,)."""
        return self.measured.quality

    @property
    def groups(self) -> np.ndarray:
        """(architectures,), equal models share a label."""
        return self.measured.groups

    def effect(self, name: str, scores: Sequence[Score]) -> Effect:
        """The effect of an intervention on its own; what it leaves of the original is not known yet."""
        failed = [score for score in scores if score.status is not ScoreStatus.OK]
        if failed:
            reason = f"{len(failed)} of {len(scores)} architectures: {failed[0].reason}"
            return Effect(name, failed[0].status.value, reason=reason)
        values = directed(scores, self.proxy)
        outcome = judge(values, self.quality)
        if outcome.correlation is None:
            which = "score" if len(np.unique(values)) < 2 else "quality"
            return Effect(name, outcome.status.value, reason=f"every architecture has the same {which}")
        rng = np.random.default_rng(derived_seed(self.seed, "bootstrap"))
        interval = tau_a_interval(values, self.quality, self.groups, rng)
        matched = stratified(values, self.quality, self.groups, self.measured.matched, rng)
        return Effect(name, outcome.status.value, outcome.correlation, interval, matched=matched)

    def compared(self, effect: Effect, scores: Sequence[Score], original: Effect, before: Sequence[Score]) -> Effect:
        """The effect with what it leaves of the original."""
        if effect.correlation is None or original.correlation is None:
            return effect
        old, new = directed(before, self.proxy), directed(scores, self.proxy)
        agreement = net_pairs(new, old) / net_pairs(old, old)
        if not original.ranks:
            return replace(effect, agreement=agreement)
        left = self._left(old, new[None])
        return replace(effect, agreement=agreement, left=left.share, left_interval=left.interval)

    def together(
        self, effects: Sequence[Effect], scores: Sequence[Sequence[Score]], original: Effect, before: Sequence[Score]
    ) -> Effect | None:
        """Several draws as one effect, by their means; None without any. One that does not rank stands for all."""
        if not effects:
            return None
        name = f"{len(effects)} redrawn initialisation(s)"
        for effect in effects:
            if effect.agreement is None or effect.left is None:
                return replace(effect, name=name)
        old = directed(before, self.proxy)
        left = self._left(old, np.array([directed(one, self.proxy) for one in scores]))
        agreement = float(np.mean([effect.agreement for effect in effects]))
        return Effect(name, "ok", original.correlation, original.interval, agreement, left.share, left.interval)

    def _left(self, before: np.ndarray, after: np.ndarray) -> Left:
        rng = np.random.default_rng(derived_seed(self.seed, "left"))
        return share_left(before, after, self.quality, self.groups, rng)
