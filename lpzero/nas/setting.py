"""What follows from the settings of a search before the first score."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lpzero.costs.cost import Measurement
from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.errors import InputError, NoResultError
from lpzero.nas.certificate import check_exact
from lpzero.nas.config import PoolConfig, SearchConfig
from lpzero.nas.folder import SearchRunFolder
from lpzero.nas.pool import ClosedPool, OpenPool, Pool
from lpzero.nas.proof import Proof, prepare_proof
from lpzero.nas.result import CheckpointLosses
from lpzero.nas.truth import Truth
from lpzero.operands.probe import Probe, probe_batch
from lpzero.principles.refined import architectures_inside, refined_by_settings
from lpzero.proxy import Proxy, load_proxy
from lpzero.seeds import derived_seed
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table, load_table

Judge = Callable[[Path, Mapping[str, Architecture]], CheckpointLosses]
"""Measures losses of what was found and of the controls, by name, given the folder of the search."""


@dataclass(frozen=True)
class PoolSetting:
    """What follows from where a search picks.

    Attributes:
        config: The settings.
        space: What builds the models.
        pool: Where candidates come from.
        costs: What they cost.
        probe: What models are shown.
        truth: What the table says of its architectures; None where there is no table.
    """

    config: PoolConfig
    space: SearchSpace
    pool: Pool
    costs: Costs
    probe: Probe
    truth: Truth | None


@dataclass(frozen=True)
class SearchSetting(PoolSetting):
    """What follows from the settings of a search before the first score, beside :class:`PoolSetting`.

    Attributes:
        proxies: What scores architectures.
        proof: How the best are trained; None where they are not.
    """

    config: SearchConfig
    proxies: tuple[Proxy, ...]
    proof: Proof | None


def prepare(
    config: SearchConfig,
    run: SearchRunFolder | None = None,
    *,
    space: SearchSpace | None = None,
    table: Table | None = None,
    proxies: tuple[Proxy, ...] | None = None,
) -> SearchSetting:
    """Load space, proxies and table.

    Args:
        config: The settings.
        run: The folder of a search that goes on, whose measured costs are known.
        space: That of the settings, where it was loaded before; None to load it.
        table: Likewise.
        proxies: Likewise.

    Raises:
        InputError: Unknown name, a limit on a cost that there is not, a table of another space.
        MissingError: The table is not here.
        NoResultError: Nothing fits the limits.
    """
    if space is None:
        if config.space.endswith(".toml") and not Path(config.space).is_file():
            raise InputError(
                f"{config.space}: expected the file of the space there, where the search began with it, found none: "
                "put it back"
            )
        space = get_space(config.space, config.protocol)
    if config.table and table is None:
        table = load_table(config.table)
    if proxies is None:
        given = zip(config.proxies, config.names, config.higher_is_better, strict=True)
        proxies = tuple(_proxy(load_proxy(text), name, higher=higher) for text, name, higher in given)
    placed = pool_setting(config, space, table, {} if run is None else run.kept_costs())
    proof = prepare_proof(space, config.corpus, config.validation) if config.verify else None
    setting = SearchSetting(
        config, space, placed.pool, placed.costs, placed.probe, placed.truth, proxies=proxies, proof=proof
    )
    # said before there is a folder
    if config.algorithm == "exact":
        check_exact(setting)
    setting.pool.sample(rng_of(config, "feasible"), set())
    return setting


def pool_setting(
    config: PoolConfig, space: SearchSpace, table: Table | None, cache: dict[tuple[str, str], Any]
) -> PoolSetting:
    """What follows from where a search picks.

    Args:
        config: The settings.
        space: Their space.
        table: Their table; None for the whole space.
        cache: Measured costs that are known already.

    Raises:
        InputError: A limit on a cost that there is not, or a table of another space.
        NoResultError: Every architecture of the table is left out.
    """
    limits = CostLimits(config.limits)
    probe = Probe(seed=config.seed, batch=config.batch, tokens=config.tokens, device=config.device)
    probe_batch(space, probe)
    costs = Costs(space, Measurement(config.tokens, config.device), cache=cache)
    within = refined_by_settings(space, config.principles)
    if table is None:
        return PoolSetting(config, space, OpenPool(costs, limits, within), costs, probe, None)
    left_out = frozenset(config.left_out)
    if table.space != space.name:
        raise InputError(f"table {table.name} is of space {table.space}, found `space` {space.name}")
    table.protocol(config.protocol)
    candidates = tuple(record.architecture for record in table.records if record.id not in left_out)
    if not candidates:
        raise NoResultError(f"the proxies were chosen on every architecture of {table.name}: none is left to pick")
    candidates = architectures_inside(within, candidates, table.name)
    truth = Truth.of(table, costs, limits, left_out)
    return PoolSetting(config, space, ClosedPool(costs, candidates, limits), costs, probe, truth)


def _proxy(loaded: Proxy, name: str, *, higher: bool) -> Proxy:
    """What a text says, under the name and the direction that it had when the search began."""
    return Proxy(name, loaded.formula, loaded.metric, higher)


def rng_of(config: PoolConfig, name: str) -> np.random.Generator:
    """The source of randomness of one part of a search, by name."""
    return np.random.default_rng(derived_seed(config.seed, "search", name))
