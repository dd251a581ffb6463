"""How much of a space rules leave: counted where that can be done, else estimated from draws with an interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from lpzero.principles.language.columns import Columns
from lpzero.principles.language.feature import declared
from lpzero.principles.language.holds import hold_all
from lpzero.principles.language.rule import Rule
from lpzero.principles.slots import Slots, slots_of
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Choice, Choices
from lpzero.spaces.space import SearchSpace

COUNTED = 20_000
"""Architectures that are gone through one by one."""
DRAWS = 2000
LEVEL = 0.95


@dataclass(frozen=True)
class Remaining:
    """What rules leave of a space.

    Attributes:
        share: Share of the draws of the space, which are uniform over each choice, the depth included.
        interval: 95 % interval of the share (Clopper and Pearson); None where it is exact.
        architectures: How many are left; None where they were not counted.
        draws: Draws that the share was estimated from; None where it is exact.
    """

    share: float
    interval: tuple[float, float] | None = None
    architectures: int | None = None
    draws: int | None = None


def remaining(space: SearchSpace, rules: Sequence[Rule], seed: int) -> Remaining:
    """How much of a space rules leave.

    Rules that are conditions on single choices are counted exactly; so is everything in a space of at most 20,000
    architectures. Else 2,000 architectures are drawn of what the conditions on single choices leave, and the share of
    those that keep the other rules is estimated.

    Args:
        space: The space, which has the features of the rules.
        rules: The rules, which all have to hold.
        seed: Seed of the draws.
    """
    slots = slots_of(space.choices, declared(space), rules)
    of_slots = float(np.mean(slots.shares))
    free = isinstance(space, ChoiceSpace)
    if of_slots == 0:
        return Remaining(0.0, architectures=0)
    if not slots.rest and free:
        return Remaining(of_slots, architectures=sum(slots.numbers(depth)[0] for depth in space.choices.depths))
    if free and space.size <= COUNTED:
        return _counted(space, rules)
    drawn = draws(space, slots, seed, DRAWS)
    kept = int(hold_all(list(slots.rest), Columns(space, drawn)).sum())
    return _estimated(of_slots, kept, len(drawn))


def _estimated(of_slots: float, kept: int, drawn: int) -> Remaining:
    from scipy import stats

    if not drawn:
        return Remaining(0.0, (0.0, of_slots), draws=0)
    ends = stats.binomtest(kept, drawn).proportion_ci(LEVEL, "exact")
    return Remaining(of_slots * kept / drawn, (of_slots * float(ends.low), of_slots * float(ends.high)), draws=drawn)


def draws(space: SearchSpace, slots: Slots, seed: int, number: int) -> list[Architecture]:
    """Architectures of the space that the conditions on single choices hold of, drawn at random.

    Those that a constraint of the space forbids are left out, so that there may be fewer than asked for.
    """
    rng = np.random.default_rng(derived_seed(seed, "principles", "draws"))
    drawn = [slots.draw(rng) for _ in range(number)]
    return drawn if isinstance(space, ChoiceSpace) else [one for one in drawn if is_valid(space, one)]


def is_valid(space: SearchSpace, architecture: Architecture) -> bool:
    """Whether an architecture is in a space."""
    from lpzero.errors import InputError

    try:
        space.validate(architecture)
    except InputError:
        return False
    return True


def _counted(space: SearchSpace, rules: Sequence[Rule]) -> Remaining:
    total, shares = 0, []
    for depth in space.choices.depths:
        all_ = list(architectures_of(space.choices, depth))
        kept = int(hold_all(list(rules), Columns(space, all_)).sum())
        total += kept
        shares.append(kept / len(all_))
    return Remaining(float(np.mean(shares)), architectures=total)


def architectures_of(choices: Choices, depth: int) -> Iterator[Architecture]:
    """Every architecture of a depth, in the order of the choices."""
    layers = [choices.of_layer(index) for index in range(depth)]
    slots: list[Choice] = [*choices.whole, *(choice for layer in layers for choice in layer)]
    for places in product(*(range(len(choice.values)) for choice in slots)):
        values = iter(choice.combination(place) for choice, place in zip(slots, places, strict=True))
        whole = {name: value for _ in choices.whole for name, value in next(values).items()}
        inside = [{name: value for _ in layer for name, value in next(values).items()} for layer in layers]
        yield Architecture.of(choices.space, whole, inside)
