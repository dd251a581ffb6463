"""The exact search of a setting: what it can be asked of, what it finds, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from lpzero.costs.costs import COUNTED
from lpzero.errors import InputError
from lpzero.metrics import get_metric
from lpzero.nas.exact import ExactSearch, Optimum
from lpzero.nas.pool import OpenPool
from lpzero.nas.proposals import BATCH, Proposals
from lpzero.nas.result import Certificate
from lpzero.proxy.score import shape_of
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture

if TYPE_CHECKING:
    from lpzero.nas.setting import SearchSetting

FRONT = 20
"""Limits for which the best is found, unless fewer architectures are asked for."""


def exact_front(setting: SearchSetting) -> list[Optimum]:
    """The best within the limits, and the best within lower ones of the cost of the front.

    Raises:
        InputError: The search is in a table or within principles, with several proxies or one that is no count, with a
            limit on what is measured, or the count is no sum over layers.
        NoResultError: Nothing is within the limits.
    """
    import numpy as np

    config = setting.config
    check_exact(setting)
    costs: dict[str, Callable[[Architecture], float]] = {
        name: partial(setting.costs.of, name=name) for name in dict.fromkeys((*config.limits, config.against))
    }
    search = ExactSearch(
        setting.space.choices,
        _score_of(setting),
        costs,
        np.random.default_rng(derived_seed(config.seed, "search", "exact")),
        higher_is_better=setting.proxies[0].higher_is_better,
    )
    return search.front(config.limits, config.against, min(FRONT, config.samples or FRONT))


def check_exact(setting: SearchSetting) -> None:
    """Raise InputError where an exact search cannot be asked for what the settings say."""
    config, (proxy, *more) = setting.config, setting.proxies
    if not isinstance(setting.pool, OpenPool) or setting.pool.within is not None:
        raise InputError("`algorithm` exact searches a whole space: expected no `table` and no `principles`")
    if more or proxy.metric is None or get_metric(proxy.metric).needs != "shape":
        named = ", ".join(one.name for one in setting.proxies)
        raise InputError(
            "`algorithm` exact: expected a single one of `proxies`, a count such as params or attention_params, found "
            f"{named}: search with another algorithm"
        )
    measured = [name for name in (*config.limits, config.against) if name not in COUNTED]
    if measured:
        raise InputError(f"`algorithm` exact: expected costs that are counted, found {measured[0]}, which is measured")


def _score_of(setting: SearchSetting) -> Callable[[Architecture], float]:
    name = setting.proxies[0].metric
    assert name is not None
    metric = get_metric(name)
    return lambda architecture: metric.score_shape(shape_of(setting.space, architecture))


def proposed(front: list[Optimum]) -> Proposals:
    """What was found, as an algorithm proposes it."""
    for start in range(0, len(front), BATCH):
        yield [one.architecture for one in front[start : start + BATCH]]


def certificate_of(best: Optimum) -> Certificate:
    """How sure the best is."""
    return Certificate(score=best.score, bound=best.bound, gap=best.gap, programs=best.programs)
