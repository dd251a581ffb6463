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
from lpzero.fitness.correlation import net_pairs
from lpzero.operands.probe import Probe
from lpzero.proxy.interventions import ORIGINAL, interventions, score_interventions, unsupported
from lpzero.proxy.proxy import Proxy
from lpzero.proxy.score import Score, ScoreStatus
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
        verdict: ``"shape only"``, ``"does not rank"``, ``"undecided"``, or the parts among ``"gradients"``, ``"data"``
            and ``"initialisation statistics"`` that the ranking needs, joined by ``" and "``.
        reasons: What the verdict follows from, a sentence each.
    """

    original: Effect
    effects: tuple[Effect, ...]
    verdict: str
    reasons: tuple[str, ...]


def drawn(table: Table, archs: int | None, seed: int) -> Table:
    """A part of a table, drawn by a seed, its records in the order of the table.

    Args:
        table: The table.
        archs: Records to keep; None for all of them, but at most 100.
        seed: Seed of the draw.

    Raises:
        InputError: Fewer than 4 records are asked for, or more than the table has.
    """
    if table.n < LEAST:
        raise InputError(f"expected a table of at least {LEAST} architectures, found {table.n} in {table.name}")
    number = min(MOST, table.n) if archs is None else archs
    if not LEAST <= number <= table.n:
        raise InputError(f"`archs`: expected from {LEAST} to {table.n}, all of {table.name}, found {number}")
    kept = np.random.default_rng(derived_seed(seed, "explain")).choice(table.n, size=number, replace=False)
    return replace(table, records=tuple(table.records[int(i)] for i in np.sort(kept)))


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
    judged = _Judge(table.oriented, table.groups(space), proxy, probe.seed)
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
    verdict, reasons = judge_effects(proxy, original, named, redraws, pretrained=space.pretrained)
    return Explanation(original, tuple(effects), verdict, reasons)


@dataclass(frozen=True)
class _Judge:
    """Compares scores with qualities, (architectures,), higher being better, and with other scores."""

    quality: np.ndarray
    groups: np.ndarray
    proxy: Proxy
    seed: int

    def effect(self, name: str, scores: Sequence[Score]) -> Effect:
        """The effect of an intervention on its own; what it leaves of the original is not known yet."""
        failed = [score for score in scores if score.status is not ScoreStatus.OK]
        if failed:
            reason = f"{len(failed)} of {len(scores)} architectures: {failed[0].reason}"
            return Effect(name, failed[0].status.value, reason=reason)
        directed = self._directed(scores)
        outcome = judge(directed, self.quality)
        if outcome.correlation is None:
            which = "score" if len(np.unique(directed)) < 2 else "quality"
            return Effect(name, outcome.status.value, reason=f"every architecture has the same {which}")
        rng = np.random.default_rng(derived_seed(self.seed, "bootstrap"))
        interval = tau_a_interval(directed, self.quality, self.groups, rng)
        return Effect(name, outcome.status.value, outcome.correlation, interval)

    def compared(self, effect: Effect, scores: Sequence[Score], original: Effect, before: Sequence[Score]) -> Effect:
        """The effect with what it leaves of the original."""
        if effect.correlation is None or original.correlation is None:
            return effect
        old = self._directed(before)
        agreement = net_pairs(self._directed(scores), old) / net_pairs(old, old)
        share = effect.correlation.tau_a / original.correlation.tau_a if original.ranks else None
        left = None if share is None else max(0.0, share)
        return replace(effect, agreement=agreement, left=left)

    def _directed(self, scores: Sequence[Score]) -> np.ndarray:
        values = np.array([score.value for score in scores], dtype=np.float64)
        return values if self.proxy.higher_is_better else -values
