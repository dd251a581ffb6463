"""Transfer: the same proxies, each in its own direction, on several tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from lpzero.engines import Engine
from lpzero.errors import MissingError
from lpzero.fitness.figures import MatchedFigures
from lpzero.operands.probe import Probe, probe_batch
from lpzero.proxy.proxy import Proxy
from lpzero.proxy.rank import RankRow, rank_table
from lpzero.result import Direction, Ends, Result
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table, load_table, named_table

BASELINES = ("attention_params", "depth_hidden_params", "decoder_params")
DEFAULT_TABLES = (
    *("flexibert-glue", "gpt2-wt103", "transxl-wt103"),
    *("flexibert-own", "gpt2-own", "llama-own", "llama-scratch-own", "rnn-own"),
)
MISSING = "missing"


class TransferCell(Result):
    """How one proxy ranks one table; figures are None unless the status is ok.

    Attributes:
        table: Name of the table.
        protocol: Which model an architecture stands for; None where the table is not here.
        n: Architectures of the table; likewise.
        status: As of :class:`lpzero.proxy.rank.RankRow`, or ``"missing"`` where the table is not here.
        tau_a, interval, tau_b, rho, distinct, matched_size: As of :class:`lpzero.fitness.figures.RankingFigures`.
        found_here: Whether the proxy was found on this table: then it is no test of it.
        reason: Why there are no figures; empty where there are; no part of the document.
    """

    table: str
    protocol: str | None
    n: int | None
    status: str
    tau_a: float | None
    interval: Ends | None
    tau_b: float | None
    rho: float | None
    distinct: float | None
    matched_size: MatchedFigures | None = None
    found_here: bool
    reason: Annotated[str, Field(exclude=True)] = ""


class TransferRow(Result):
    """One proxy on every table.

    Attributes:
        proxy: Its name.
        direction: The same on every table.
        found_on: Name of the table that it was found on; None where it was found on none, or that is not known.
        cells: One a table, in their order.
    """

    proxy: str
    direction: Direction
    found_on: str | None
    cells: list[TransferCell]


class TransferResult(Result):
    """The same proxies on several tables.

    Attributes:
        seed: Seed of every random choice.
        proxies: One row a proxy, in their order.
    """

    schema_: Annotated[int, Field(alias="schema")]
    seed: int
    proxies: list[TransferRow]


@dataclass(frozen=True)
class Column:
    """One table of the matrix.

    Attributes:
        name: Name of the table.
        space: Space and protocol that build its models; None where the table is not here.
        table: The table; None where it is not here.
        reason: Why it is not here and how to get it; empty where it is.
    """

    name: str
    space: SearchSpace | None
    table: Table | None
    reason: str = ""


def column(text: str) -> Column:
    """Find a table, and the protocol that was chosen for it.

    Args:
        text: A table of the catalogue or a folder; a colon and a protocol may follow.

    Raises:
        InputError: There is no such table, its architectures do not stand for the protocol, or it is damaged.
    """
    name, protocol = named_table(text)
    try:
        table = load_table(name)
    except MissingError as err:
        return Column(name, None, None, str(err))
    return Column(table.name, table.search_space(protocol), table)


def transfer_tables(
    columns: Sequence[Column],
    proxies: Sequence[Proxy],
    probe: Probe,
    *,
    engine: Engine,
    progress: Callable[[str, int, int], None],
) -> list[TransferRow]:
    """Rank every table with every proxy; the models of a table are built once for all proxies.

    Args:
        columns: The tables.
        proxies: The proxies; none is fitted to a table, not even its direction.
        probe: Seeds, batch and device.
        engine: Where the work runs; the result does not depend on it.
        progress: Called with (name of the table, architectures done, architectures to do).

    Returns:
        One row a proxy, the figures as :func:`lpzero.proxy.rank.rank_table` defines them.

    Raises:
        InputError: The batch does not fit the models of a table.
        MissingError: None of the tables is here.
    """
    if all(one.table is None for one in columns):
        raise MissingError("; ".join(one.reason for one in columns))
    for one in columns:
        # before hours of work, not after them
        if one.space is not None and any(proxy.needs_pass for proxy in proxies):
            probe_batch(one.space, probe)
    cells = [_cells(one, proxies, probe, engine, progress) for one in columns]
    return [
        TransferRow(proxy=proxy.name, direction=proxy.direction, found_on=proxy.found_on or None, cells=list(row))
        for proxy, row in zip(proxies, zip(*cells, strict=True), strict=True)
    ]


def _cells(
    one: Column, proxies: Sequence[Proxy], probe: Probe, engine: Engine, progress: Callable[[str, int, int], None]
) -> list[TransferCell]:
    """The cells of one table, one a proxy."""
    if one.table is None or one.space is None:
        missing = (
            RankRow(proxy=proxy.name, direction=proxy.direction, status=MISSING, reason=one.reason) for proxy in proxies
        )
        return [_cell(one, proxy, row) for proxy, row in zip(proxies, missing, strict=True)]
    rows = rank_table(
        one.space,
        one.table,
        proxies,
        probe,
        engine=engine,
        progress=lambda done, total: progress(one.name, done, total),
    )
    return [_cell(one, proxy, ranked.row) for proxy, ranked in zip(proxies, rows, strict=True)]


def _cell(one: Column, proxy: Proxy, row: RankRow) -> TransferCell:
    return TransferCell(
        table=one.name,
        protocol=None if one.space is None else one.space.protocol,
        n=None if one.table is None else one.table.n,
        status=row.status,
        tau_a=row.tau_a,
        interval=row.interval,
        tau_b=row.tau_b,
        rho=row.rho,
        distinct=row.distinct,
        matched_size=row.matched_size,
        found_here=one.name in proxy.found_tables,
        reason=row.reason,
    )
