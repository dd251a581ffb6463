"""Design principles: mined from a table, checked, and judged on another one."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from lpzero.errors import InputError, NoResultError
from lpzero.principles import (
    Columns,
    Contrast,
    Limits,
    Principle,
    Principles,
    check,
    check_against,
    contrast,
    digest_of_space,
    hard_rules,
    mine,
    read_principles,
    sizes_of,
    write_principles,
)
from lpzero.principles.check import figures_of, kept_of
from lpzero.principles.document import Source, SpaceOf
from lpzero.principles.greedy import PRICE
from lpzero.principles.language.feature import shared
from lpzero.principles.remaining import DRAWS, remaining
from lpzero.principles.result import CheckResult, MineResult, TableFigures
from lpzero.progress import Watch, unwatched
from lpzero.seeds import derived_seed
from lpzero.spaces.registry import get_space, named_space
from lpzero.spaces.space import SearchSpace
from lpzero.tables import TABLES, Table, load_table

TOP = "10%"
KEEP, MAX_SHRINK, FLOOR, MOST = 0.95, 0.9, 0.0, 8


def mine_principles(
    table: str | Path | Table,
    output: str | Path,
    *,
    protocol: str | None = None,
    top: str | float = TOP,
    at_size: float | None = None,
    keep: float = KEEP,
    max_shrink: float = MAX_SHRINK,
    floor: float = FLOOR,
    most: int = MOST,
    price: float = PRICE,
    seed: int = 0,
    watch: Watch = unwatched,
) -> MineResult:
    """Mine what the top of a table has in common, and write it as a file of principles: ``lpzero principles mine``.

    Args:
        table: A table, its name or its folder.
        output: The file to write, ``.json``.
        protocol: Which model an architecture stands for; None for the table's first.
        top: How many records are the top: ``"10%"``, a share below 1, or a number.
        at_size: Compare records with those of their size alone, parameters outside the embeddings up to this factor
            apart; None to compare all with all.
        keep: Share of the top that stays, at least.
        max_shrink: Share of the space that the rules may drop, at most.
        floor: Share of the space that stays, at least.
        most: Rules, at most.
        price: What losing the top by a factor costs, in factors that the records shrink by, at least 1: so much is the
            lift alone, which suits equal size, where no rule keeps nearly all of the top.
        seed: Seed of draws, shuffles and resamples, at least 0.
        watch: Told how it goes.

    Returns:
        What was written, what it leaves of the space, and what it keeps of the table.

    Raises:
        InputError: There is no such table or protocol, a value is out of its range, or the file has another ending.
        MissingError: The table is not here.
        NoResultError: No rule tells the top from the rest by more than chance would; nothing is written.
    """
    path = Path(output)
    if path.suffix != ".json":
        raise InputError(f"`output`: expected a file that ends in .json, found {path.name!r}")
    limits = limits_of(keep, max_shrink, floor, most, seed, price)
    # it loads PyTorch, which a file that is refused is not to wait for
    from lpzero.api.setup import measured_space

    measured, space = measured_space(table, protocol)
    sizes = sizes_of(space, [record.architecture for record in measured.records], watch)
    found = contrasted(measured, space, sizes, top, at_size)
    principles = mined_from(found, limits, seed, watch)
    if not principles:
        raise NoResultError(
            f"table {measured.name}: no rule tells the top {int(found.top.sum())} of {len(found.top)} from the rest "
            "by more than chance would: take a larger `top`"
        )
    document = assembled(measured, space, principles, found, at_size, seed)
    write_principles(path, document)
    return MineResult(
        schema_=1,
        path=str(path),
        space=space.name,
        protocol=space.protocol,
        seed=seed,
        source=kept_of(measured.name, found, hard_rules(document)),
        remaining=figures_of(remaining(space, hard_rules(document), seed)),
        document=document.model_dump(mode="json", by_alias=True, exclude_none=True),
    )


def contrasted(
    measured: Table, space: SearchSpace, sizes: np.ndarray | None, top: str | float, at_size: float | None
) -> Contrast:
    """The top of a table against the rest."""
    architectures = [record.architecture for record in measured.records]
    return contrast(space, architectures, measured.oriented, sizes, top, at_size)


def mined_from(
    found: Contrast, limits: Limits, seed: int, watch: Watch = unwatched, for_: SearchSpace | None = None
) -> list[Principle]:
    """Mine a contrast, within limits that are kept on 2,000 draws of its space.

    Args:
        found: The top and the rest.
        limits: How far rules may go.
        seed: Seed of draws, shuffles and resamples.
        watch: Told of the resamples.
        for_: A space whose features rules have to be about as well (:func:`.feature.shared`); None for any.
    """
    space = found.columns.space
    rng = np.random.default_rng(derived_seed(seed, "principles", "space"))
    drawn = Columns(space, [space.sample(rng) for _ in range(DRAWS)])
    return mine(found, drawn, limits, seed, watch, None if for_ is None else shared(space, for_))


def assembled(
    measured: Table,
    space: SearchSpace,
    principles: list[Principle],
    found: Contrast,
    at_size: float | None,
    seed: int,
) -> Principles:
    """What was mined as the content of a file."""
    return Principles(
        schema_="lpzero.principles/1",
        space=SpaceOf(name=space.name, protocol=space.protocol, digest=digest_of_space(space)),
        source=Source(
            by="miner",
            table=measured.name,
            digest=measured.digest,
            quality=measured.quality,
            n=len(found.top),
            top=int(found.top.sum()),
            at_size=at_size,
            seed=seed,
        ),
        principles=principles,
    )


def limits_of(keep: float, max_shrink: float, floor: float, most: int, seed: int, price: float = PRICE) -> Limits:
    """How far rules may go; raises InputError for a value out of its range."""
    for name, value in (("keep", keep), ("max_shrink", max_shrink), ("floor", floor)):
        if not 0 <= value <= 1:
            raise InputError(f"`{name}`: expected a share from 0 to 1, found {value}")
    if most < 1:
        raise InputError(f"`most`: expected at least 1, found {most}")
    if seed < 0:
        raise InputError(f"`seed`: expected at least 0, found {seed}")
    if not (math.isfinite(price) and price >= 1):
        raise InputError(f"`price`: expected at least 1, found {price}")
    return Limits(keep, max_shrink, floor, most, price)


def check_principles(
    path: str | Path,
    *,
    space: str | None = None,
    protocol: str | None = None,
    table: str | Path | Table | None = None,
    seed: int = 0,
) -> CheckResult:
    """Check a file of principles: ``lpzero principles check``.

    Args:
        path: The file, TOML or JSON.
        space: What finds the space, where it is a file or a checkpoint; None for what the file says.
        protocol: The protocol; None for that of the file.
        table: A table of the space to see what is kept of; None for the source, where it is a known one that is here.
        seed: Seed of the draws, at least 0.

    Raises:
        InputError: The file says something that no such file does, or is about another space; or its hard rules
            contradict each other. File, principle and path are named.
    """
    file = Path(path)
    principles = read_principles(file)
    found = used_space(principles, space, protocol, file)
    check_against(principles, found, file)
    return check(principles, found, file, seed, _source(principles, found, table))


def used_space(principles: Principles, space: str | None, protocol: str | None, place: Path) -> SearchSpace:
    """The space that principles are about, or the one that was named; raises InputError where there is none."""
    protocol = protocol or principles.space.protocol
    if space is not None:
        return get_space(space, protocol)
    try:
        return named_space(principles.space.name, protocol)
    except InputError as err:
        raise InputError(f"{place}: space: {err}, or name its file as `space`") from None


def _source(principles: Principles, space: SearchSpace, table: str | Path | Table | None) -> TableFigures | None:
    source = principles.source
    if table is None:
        if source.table is None or source.table not in TABLES or TABLES[source.table].space != space.name:
            return None
        table = source.table
    measured = table if isinstance(table, Table) else load_table(str(table))
    if measured.space != space.name:
        raise InputError(f"table {measured.name} is of space {measured.space}: expected one of {space.name}")
    own = measured.name == source.table
    at_size = source.at_size if own else None
    sizes = None if at_size is None else sizes_of(space, [record.architecture for record in measured.records])
    top = source.top if own and source.top else TOP
    return kept_of(measured.name, contrasted(measured, space, sizes, top, at_size), hard_rules(principles))
