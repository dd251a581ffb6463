"""The verdict on what a proxy measures, from the interval of what each intervention leaves of its ranking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lpzero.fitness import Correlation
from lpzero.fitness.resample import Interval
from lpzero.fitness.strata import Stratified
from lpzero.operands.operand import GRADIENTS
from lpzero.proxy.interventions import TOKENS, families_of
from lpzero.proxy.proxy import Proxy

KEPT = 0.9
"""An intervention keeps the ranking where the interval of what is left of tau-a begins here or above, and loses it
where it ends below ..."""
AGREES = 0.95
"""... and where its scores agree with the original ones at least so much as those of two draws of the weights do, as a
share of that."""

SHAPE, GRADIENT, DATA, INITIALISATION = "shape only", "gradients", "data", "initialisation statistics"
SCALE, PROPAGATION = "gradient scale", "signal propagation"
WEIGHTS, NO_RANKING, UNDECIDED = "trained weights", "does not rank", "undecided"

State = Literal["kept", "lost", "undecided"]
_RANDOM = "gradients_random"


@dataclass(frozen=True)
class Effect:
    """A table scored under one intervention; figures are None unless the status is ok.

    Attributes:
        name: The intervention; ``"original"`` for none.
        status: ``"unsupported"`` where the proxy cannot be scored so, else a status of a score or of the fitness.
        correlation: Of the scores with quality.
        interval: 95 % bootstrap interval of tau-a, over groups of equal models.
        matched: Tau-a over the pairs of about the same size; None where there is none.
        agreement: Concordant minus discordant pairs of these scores and the original ones, as a share of the pairs
            that the original scores tell apart; in [-1, 1]. Without ties it is their tau-a.
        left: Tau-a over the original tau-a; None also where the interval of the original has 0 in it.
        left_interval: 95 % paired bootstrap interval of it.
        reason: Why there are no figures; empty where there are.
    """

    name: str
    status: str
    correlation: Correlation | None = None
    interval: Interval | None = None
    agreement: float | None = None
    left: float | None = None
    left_interval: Interval | None = None
    matched: Stratified | None = None
    reason: str = ""

    @property
    def ranks(self) -> bool:
        """Whether the interval of tau-a leaves 0 out."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]

    def state(self, agreeing: float) -> State:
        """Whether the ranking is kept, by the interval of what is left, and by how much two draws agree.

        Args:
            agreeing: How much the scores of two draws of the weights agree; 1 where nothing is drawn.
        """
        if self.left_interval is None or self.agreement is None:
            return "lost"
        if self.left_interval[1] < KEPT or self.agreement < AGREES * agreeing:
            return "lost"
        return "kept" if self.left_interval[0] >= KEPT else "undecided"

    def __str__(self) -> str:
        if self.left is None or self.agreement is None:
            return f"{self.name} is {self.status}"
        ends = "" if self.left_interval is None else " [{:.1f}, {:.1f}]".format(*(100 * e for e in self.left_interval))
        return f"{self.name} leaves {100 * self.left:.1f}{ends} % of tau-a, agreement {self.agreement:.3f}"


def judge_effects(
    proxy: Proxy, original: Effect, effects: Mapping[str, Effect], redrawn: Effect | None
) -> tuple[str, tuple[str, ...]]:
    """Say in words what a ranking lives on; where an interval leaves it open, that is said.

    The ranking is ``"shape only"`` where operands that know their shapes and initial scales alone keep it, and other
    draws of the weights do as well: a permutation keeps the luck of one draw, which is no shape. Otherwise it needs
    ``"gradients"`` where neither zeros nor noise of the same size in their place keep it, and ``"gradient scale"``
    where noise does: zeros alone make any product constant, and say nothing. It needs ``"data"`` where other tokens
    lose it,
    and ``"initialisation statistics"``, the luck of one draw, where other draws of the weights do. What none of these
    loses is ``"signal propagation"``: what the structure makes of any weights and tokens. Models with trained weights
    have no other draw: only standard normal numbers in place of all operands show a ranking by shape, and what nothing
    else explains are the ``"trained weights"``.

    Args:
        proxy: The proxy.
        original: The table scored unchanged.
        effects: Every intervention, by its name.
        redrawn: All redrawn initialisations together; None for models with trained weights.

    Returns:
        The verdict, and what it follows from, a sentence each.
    """
    if not proxy.needs_pass:
        return SHAPE, ("a count: no model is built for it",)
    if original.correlation is None:
        return NO_RANKING, (f"the original scores are {original.status}",)
    if not original.ranks:
        return NO_RANKING, (f"the 95 % interval of the original tau-a {original.correlation.tau_a:.3f} has 0 in it",)
    agreeing = 1.0 if redrawn is None or redrawn.agreement is None else redrawn.agreement
    states = {name: effect.state(agreeing) for name, effect in effects.items()}
    draws: State = "kept" if redrawn is None else redrawn.state(agreeing)
    shape = _shape(effects, states, draws, redrawn)
    if shape:
        return SHAPE, shape
    needs, left_open = dict(_needs(proxy, effects, states)), [*_left_open(proxy, effects, states)]
    if redrawn is not None and draws == "lost":
        needs[INITIALISATION] = str(redrawn)
    if redrawn is not None and draws == "undecided":
        left_open.append(str(redrawn))
    shapes = [name for name in effects if name.startswith("shape_") and effects[name].status != "unsupported"]
    left_open += [str(effects[name]) for name in shapes if states[name] == "undecided" and not needs]
    ruled_out = [str(effects[name]) for name in shapes if str(effects[name]) not in left_open]
    reasons = (*ruled_out, *needs.values(), *(f"undecided: {one}" for one in left_open))
    if needs:
        return " and ".join(needs), reasons
    if left_open:
        return UNDECIDED, reasons
    return _nothing_needed(proxy, redrawn, reasons)


def _nothing_needed(proxy: Proxy, redrawn: Effect | None, reasons: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The verdict on a ranking that none of the parts loses."""
    if proxy.formula is None:
        return UNDECIDED, (*reasons, "other tokens and initialisations keep the ranking of a coded metric")
    if redrawn is None:
        return WEIGHTS, (*reasons, "neither other tokens nor gradients explain it")
    return PROPAGATION, (*reasons, str(redrawn), "neither other tokens, nor other draws, nor gradients explain it")


def _shape(
    effects: Mapping[str, Effect], states: Mapping[str, State], draws: State, redrawn: Effect | None
) -> tuple[str, ...]:
    """What shows a ranking by shape alone; empty where nothing does."""
    if redrawn is None:
        # a permutation keeps the size of trained weights, which is no shape
        return (str(effects["shape_gaussian"]),) if states["shape_gaussian"] == "kept" else ()
    kept = [str(effects[name]) for name in effects if name.startswith("shape_") and states[name] == "kept"]
    return (*kept, str(redrawn)) if kept and draws == "kept" else ()


def _has_gradients(proxy: Proxy) -> bool:
    return bool(families_of(proxy) & set(GRADIENTS))


def _needs(proxy: Proxy, effects: Mapping[str, Effect], states: Mapping[str, State]) -> Iterator[tuple[str, str]]:
    """The parts that the ranking needs, each with its reason."""
    if _has_gradients(proxy) and states["gradients_zero"] == "lost" and states[_RANDOM] != "undecided":
        part = GRADIENT if states[_RANDOM] == "lost" else SCALE
        yield part, f"{effects['gradients_zero']}; {effects[_RANDOM]}"
    lost = [str(effects[name]) for name in TOKENS if states[name] == "lost"]
    if lost:
        yield DATA, "; ".join(lost)


def _left_open(proxy: Proxy, effects: Mapping[str, Effect], states: Mapping[str, State]) -> Iterator[str]:
    """What the intervals leave open of the parts."""
    if _has_gradients(proxy) and states["gradients_zero"] != "kept":
        yield from (str(effects[name]) for name in ("gradients_zero", _RANDOM) if states[name] == "undecided")
    if not any(states[name] == "lost" for name in TOKENS):
        yield from (str(effects[name]) for name in TOKENS if states[name] == "undecided")
