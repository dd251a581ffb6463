"""The exact search of a setting: what it can be asked of, what it finds, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from lpzero.costs.costs import COUNTED
from lpzero.errors import InputError
from lpzero.metrics import get_metric
from lpzero.nas.exact import ExactSearch, Optimum
from lpzero.nas.pool import OpenPool
from lpzero.nas.proposals import BATCH, Proposals
from lpzero.nas.result import Certificate
from lpzero.nas.sums import combinations
from lpzero.proxy.score import shape_of
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choices import Choices

if TYPE_CHECKING:
    from lpzero.nas.setting import PoolSetting, SearchSetting
    from lpzero.spaces.space import SearchSpace

FRONT = 20
"""Limits for which the best is found, unless fewer architectures are asked for."""


def exact_front(setting: SearchSetting) -> list[Optimum]:
    """The best within the limits, and the best within lower ones of the cost of the front.

    Raises:
        InputError: The search is in a table or within principles, with several proxies or one that is no count, with a
            limit on what is measured, or the count is no sum over layers.
        NoResultError: Nothing is within the limits.
    """
    check_exact(setting)
    name = setting.proxies[0].metric
    assert name is not None
    better = setting.proxies[0].higher_is_better
    return front_of_sum(setting, shape_score(setting.space, name), better, setting.config.samples or FRONT)


def front_of_sum(
    setting: PoolSetting, score: Callable[[Architecture], float], higher_is_better: bool, most: int
) -> list[Optimum]:
    """The best within the limits, and the best within ever lower ones of the cost of the front.

    Args:
        setting: Space, limits and costs.
        score: What is looked for.
        higher_is_better: Its direction.
        most: How many there are at most, ``FRONT`` where that is less.

    Raises:
        InputError: The search is in a table or within principles, a limit is on what is measured, or the score or a
            cost is no sum over layers.
        NoResultError: Nothing is within the limits.
    """
    import numpy as np

    config = setting.config
    check_whole(setting)
    costs: dict[str, Callable[[Architecture], float]] = {
        name: partial(setting.costs.of, name=name) for name in dict.fromkeys((*config.limits, config.against))
    }
    rng = np.random.default_rng(derived_seed(config.seed, "search", "exact"))
    search = ExactSearch(setting.space.choices, score, costs, rng, higher_is_better=higher_is_better)
    return search.front(config.limits, config.against, min(FRONT, most))


def check_exact(setting: SearchSetting) -> None:
    """Raise InputError where an exact search cannot be asked for what the settings say."""
    (proxy, *more) = setting.proxies
    check_whole(setting)
    if more or proxy.metric is None or get_metric(proxy.metric).needs != "shape":
        named = ", ".join(one.name for one in setting.proxies)
        raise InputError(
            "`algorithm` exact: expected a single one of `proxies`, a count such as params or attention_params, found "
            f"{named}: search with another algorithm, or by a ridge on sums in a `schedule`"
        )


def check_whole(setting: PoolSetting) -> None:
    """Raise InputError where the space is not searched whole, or a cost is not counted, or choices exclude others."""
    config = setting.config
    if not isinstance(setting.pool, OpenPool) or setting.pool.within is not None:
        raise InputError("an exact search is of a whole space: expected no `table` and no `principles`")
    measured = [name for name in (*config.limits, config.against) if name not in COUNTED]
    if measured:
        raise InputError(f"an exact search: expected costs that are counted, found {measured[0]}, which is measured")
    try:
        for one in varied(setting.space.choices):
            setting.space.validate(one)
    except InputError as err:
        raise InputError(
            f"an exact search: expected a space of which all choices go together, found {setting.space.name}: {err}"
        ) from err


def varied(choices: Choices) -> Iterator[Architecture]:
    """Shallow architectures with every choice for the whole model, and of one layer each value of each choice."""
    depth, ahead = max(min(choices.depths), choices.front_depth), choices.front_depth
    for whole in combinations(choices.whole):
        layers = [next(combinations(choices.of_layer(index))) for index in range(depth)]
        yield Architecture.of(choices.space, whole, layers)
        for index in dict.fromkeys((0, min(ahead, depth - 1))):
            for choice in choices.of_layer(index):
                for place in range(len(choice.values)):
                    other = {**layers[index], **choice.combination(place)}
                    changed = [*layers[:index], other, *layers[index + 1 :]]
                    yield Architecture.of(choices.space, whole, changed)


def shape_score(space: SearchSpace, name: str) -> Callable[[Architecture], float]:
    """What a metric of the shape says of architectures of a space."""
    metric = get_metric(name)
    return lambda architecture: metric.score_shape(shape_of(space, architecture))


def proposed(front: list[Optimum]) -> Proposals:
    """What was found, as an algorithm proposes it."""
    for start in range(0, len(front), BATCH):
        yield [one.architecture for one in front[start : start + BATCH]]


def certificate_of(best: Optimum) -> Certificate:
    """How sure the best is."""
    return Certificate(score=best.score, bound=best.bound, gap=best.gap, programs=best.programs)
