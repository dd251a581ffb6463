"""Principles of one table, judged on another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lpzero.api.principles import KEEP, MAX_SHRINK, MOST, TOP, contrasted, limits_of, mined_from
from lpzero.errors import InputError, NoResultError
from lpzero.fitness.strata import RATIO
from lpzero.principles import Limits, Principle, hold_all, read_principles, sizes_of
from lpzero.principles.check import kept_of
from lpzero.principles.greedy import PRICE
from lpzero.principles.result import PrinciplesTransferResult
from lpzero.principles.transfer import carried_over, kept_less_dropped, replayed
from lpzero.progress import Watch, unwatched
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table
from lpzero.tables.load import named_table

TRIALS, SEEDS = 20, 100


@dataclass(frozen=True)
class Judging:
    """How principles are judged on a table.

    Attributes:
        top: What the top of the table is.
        within: Sizes up to this factor apart are about the same.
        trials: Evaluations of a search.
        seeds: Searches inside and outside.
        seed: Seed of resamples and searches.
    """

    top: str | float = TOP
    within: float = RATIO
    trials: int = TRIALS
    seeds: int = SEEDS
    seed: int = 0


def transfer_principles(
    source: str | Path | Table,
    target: str | Path | Table,
    *,
    top: str | float = TOP,
    at_size: float | None = None,
    keep: float = KEEP,
    max_shrink: float = MAX_SHRINK,
    floor: float = 0.0,
    most: int = MOST,
    price: float = PRICE,
    trials: int = TRIALS,
    seeds: int = SEEDS,
    seed: int = 0,
    watch: Watch = unwatched,
) -> PrinciplesTransferResult:
    """Mine principles on one table and judge them on another: ``lpzero principles transfer``.

    Nothing of the target is looked at before the rules are fixed, but for what its space declares: rules are about
    features that both spaces have with the same values.

    Args:
        source: A table to mine, perhaps with a colon and a protocol; or a file of principles.
        target: The table to judge them on, likewise with a protocol; its space has to have the features of a rule for
            the rule to be taken over.
        top: What the top is, of both (:func:`lpzero.mine_principles`).
        at_size: As of mining.
        keep: As of mining.
        max_shrink: As of mining.
        floor: As of mining.
        most: As of mining.
        price: As of mining.
        trials: Evaluations of each search on the target.
        seeds: Searches, inside the rules and outside.
        seed: Seed of everything random.
        watch: Told how it goes.

    Raises:
        InputError: There is no such table or file, or a value is out of its range.
        MissingError: A table is not here.
        NoResultError: Nothing was mined, or nothing of it says anything of the target's space.
    """
    limits = limits_of(keep, max_shrink, floor, most, seed, price)
    if trials < 1 or seeds < 2:
        raise InputError(f"`trials`, `seeds`: expected at least 1 and 2, found {trials} and {seeds}")
    if not isinstance(source, Table) and Path(source).suffix in (".json", ".toml"):
        name, principles = str(source), read_principles(Path(source)).principles
    else:
        _, space = _measured(target)
        name, principles = _mined(source, space, limits, top, at_size, seed, watch)
    return judged(name, principles, target, Judging(top, at_size or RATIO, trials, seeds, seed), watch)


def _mined(
    source: str | Path | Table,
    for_: SearchSpace,
    limits: Limits,
    top: str | float,
    at_size: float | None,
    seed: int,
    watch: Watch,
) -> tuple[str, list[Principle]]:
    measured, space = _measured(source)
    sizes = sizes_of(space, [record.architecture for record in measured.records], watch)
    found = contrasted(measured, space, sizes, top, at_size)
    return measured.name, mined_from(found, limits, seed, watch, for_)


def _measured(table: str | Path | Table) -> tuple[Table, SearchSpace]:
    """A table, behind whose name there may be a protocol, and its space."""
    # it loads PyTorch, which a file that is refused is not to wait for
    from lpzero.api.setup import measured_space

    return measured_space(*(named_table(str(table)) if isinstance(table, (str, Path)) else (table, None)))


def judged(
    source: str, principles: list[Principle], target: str | Path | Table, how: Judging, watch: Watch = unwatched
) -> PrinciplesTransferResult:
    """Judge principles on a table; raises NoResultError where none of them says anything of its space."""
    measured, space = _measured(target)
    taken, left = carried_over(principles, space)
    if not taken:
        reasons = "; ".join(f"{one.id}: {one.reason}" for one in left[:3]) or "none was mined"
        raise NoResultError(f"no hard principle of {source} says anything of {space.name}: {reasons}")
    sizes = sizes_of(space, [record.architecture for record in measured.records], watch)
    found = contrasted(measured, space, sizes, how.top, None)
    rules = [one.rule for one in taken if one.rule is not None]
    kept, oriented = hold_all(rules, found.columns), measured.oriented
    close = None if sizes is None else kept_less_dropped(oriented, kept, sizes, how.within, how.seed)
    return PrinciplesTransferResult(
        schema_=1,
        source=source,
        space=space.name,
        protocol=space.protocol,
        seed=how.seed,
        target=kept_of(measured.name, found, rules),
        difference=kept_less_dropped(oriented, kept, None, how.within, how.seed),
        matched_size=close,
        within=how.within,
        replay=replayed(found.columns, oriented, np.asarray(kept), how.trials, how.seeds, how.seed, watch),
        principles=[one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in taken],
        left_behind=left,
    )
