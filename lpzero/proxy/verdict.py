"""The verdict on what a proxy measures, from what each intervention leaves of its ranking, by stated thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lpzero.fitness import Correlation
from lpzero.operands.operand import GRADIENTS
from lpzero.proxy.interventions import TOKENS, families_of, redrawn_weights
from lpzero.proxy.proxy import Proxy

KEPT = 0.95
"""An intervention keeps the ranking where at least this share of tau-a is left ..."""
AGREES = 0.95
"""... and its scores agree at least so much with the original ones."""

SHAPE, GRADIENT, DATA, INITIALISATION = "shape only", "gradients", "data", "initialisation statistics"
WEIGHTS, NO_RANKING, UNDECIDED = "trained weights", "does not rank", "undecided"


@dataclass(frozen=True)
class Effect:
    """A table scored under one intervention; figures are None unless the status is ok.

    Attributes:
        name: The intervention; ``"original"`` for none.
        status: ``"unsupported"`` where the proxy cannot be scored so, else a status of a score or of the fitness.
        correlation: Of the scores with quality.
        interval: 95 % bootstrap interval of tau-a, over groups of equal models.
        agreement: Concordant minus discordant pairs of these scores and the original ones, as a share of the pairs
            that the original scores tell apart; in [-1, 1]. Without ties it is their tau-a.
        left: Tau-a over the original tau-a, at least 0; None also where the interval of the original has 0 in it.
        reason: Why there are no figures; empty where there are.
    """

    name: str
    status: str
    correlation: Correlation | None = None
    interval: tuple[float, float] | None = None
    agreement: float | None = None
    left: float | None = None
    reason: str = ""

    @property
    def ranks(self) -> bool:
        """Whether the interval of tau-a leaves 0 out."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]

    @property
    def keeps(self) -> bool:
        """Whether the ranking is kept, by both thresholds."""
        left, agreement = self.left, self.agreement
        return left is not None and agreement is not None and left >= KEPT and agreement >= AGREES

    def __str__(self) -> str:
        if self.left is None or self.agreement is None:
            return f"{self.name} is {self.status}"
        return f"{self.name} leaves {100 * self.left:.1f} % of tau-a, agreement {self.agreement:.3f}"


def judge_effects(
    proxy: Proxy, original: Effect, effects: Mapping[str, Effect], redraws: int, *, pretrained: bool = False
) -> tuple[str, tuple[str, ...]]:
    """Say in words what a ranking lives on.

    The ranking is ``"shape only"`` where operands that know their shapes and initial scales alone keep it, and the
    mean over the redrawn initialisations leaves as much of tau-a: a permutation keeps the luck of one draw, which is
    no shape. Otherwise it needs ``"gradients"`` where zeros in their place do not keep it, ``"data"`` where other
    tokens do not, ``"initialisation statistics"`` where other initialisations do not on average, or where nothing
    else explains it. Models with trained weights have no other initialisation: only standard normal numbers in place
    of all operands show a ranking by shape, and what nothing else explains are the ``"trained weights"``.

    Args:
        proxy: The proxy.
        original: The table scored unchanged.
        effects: Every intervention, by its name.
        redraws: How many of them draw the initialisation again.
        pretrained: Whether the models come with trained weights.

    Returns:
        The verdict, and what it follows from, a sentence each.
    """
    if not proxy.needs_pass:
        return SHAPE, ("a count: no model is built for it",)
    if original.correlation is None:
        return NO_RANKING, (f"the original scores are {original.status}",)
    if not original.ranks:
        return NO_RANKING, (f"the 95 % interval of the original tau-a {original.correlation.tau_a:.3f} has 0 in it",)
    redrawn = [] if pretrained else [effects[name] for name in redrawn_weights(redraws)]
    shapes = [effect for name, effect in effects.items() if name.startswith("shape_")]
    kept = [str(effect) for effect in shapes if effect.keeps]
    if pretrained and effects["shape_gaussian"].keeps:
        # a permutation keeps the size of trained weights, which is no shape
        return SHAPE, (str(effects["shape_gaussian"]),)
    if kept and redrawn and _mean(effect.left for effect in redrawn) >= KEPT:
        return SHAPE, (*kept, _redraws(redrawn))
    needs = dict(_needs(proxy, effects, redrawn))
    reasons = (*(str(effect) for effect in shapes), *needs.values())
    if needs:
        return " and ".join(needs), reasons
    if proxy.formula is None:
        return UNDECIDED, (*reasons, "other tokens and initialisations keep the ranking of a coded metric")
    if pretrained:
        return WEIGHTS, (*reasons, "neither other tokens nor gradients explain it")
    return INITIALISATION, (*reasons, "neither other tokens, nor other initialisations, nor gradients explain it")


def _needs(proxy: Proxy, effects: Mapping[str, Effect], redrawn: Sequence[Effect]) -> Iterator[tuple[str, str]]:
    """The parts that the ranking needs, each with its reason."""
    if families_of(proxy) & set(GRADIENTS) and not effects["gradients_zero"].keeps:
        yield GRADIENT, f"{effects['gradients_zero']}; {effects['gradients_random']}"
    lost = [str(effects[name]) for name in TOKENS if not effects[name].keeps]
    if lost:
        yield DATA, "; ".join(lost)
    if redrawn and not (_mean(e.left for e in redrawn) >= KEPT and _mean(e.agreement for e in redrawn) >= AGREES):
        yield INITIALISATION, _redraws(redrawn)


def _mean(values: Iterable[float | None]) -> float:
    """The mean; not a number, which passes no threshold, where one value is not there."""
    return float(np.mean([np.nan if value is None else value for value in values]))


def _redraws(redrawn: Sequence[Effect]) -> str:
    bad = [str(effect) for effect in redrawn if effect.left is None]
    if bad:
        return "; ".join(bad)
    left, agreement = _mean(effect.left for effect in redrawn), _mean(effect.agreement for effect in redrawn)
    return (
        f"{len(redrawn)} redrawn initialisations leave {100 * left:.1f} % of tau-a, agreement {agreement:.3f} (means)"
    )
