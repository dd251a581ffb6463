"""Transfer: the same proxies, each in its own direction, on several tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpzero.engines import Engine
from lpzero.errors import MissingError
from lpzero.operands.probe import Probe, probe_batch
from lpzero.proxy.proxy import Proxy
from lpzero.proxy.rank import rank_table
from lpzero.spaces import get_space
from lpzero.spaces.space import SearchSpace
from lpzero.tables import TABLES, Table, load_table

BASELINES = ("attention_params", "depth_hidden_params", "decoder_params")
DEFAULT_TABLES = ("flexibert-glue", "gpt2-wt103", "transxl-wt103", "flexibert-own", "gpt2-own", "llama-own")
MISSING = "missing"
FIGURES = ("tau_a", "interval", "tau_b", "rho", "distinct")


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
    name, protocol = _parts(text)
    try:
        table = load_table(name)
    except MissingError as err:
        return Column(name, None, None, str(err))
    return Column(table.name, get_space(table.space, table.protocol(protocol)), table)


def _parts(text: str) -> tuple[str, str | None]:
    """The name of a table and its protocol; a folder may have a colon in its name."""
    name, colon, protocol = text.rpartition(":")
    if not colon or text in TABLES or Path(text).expanduser().is_dir():
        return text, None
    return name, protocol


def transfer(
    columns: Sequence[Column],
    proxies: Sequence[Proxy],
    probe: Probe,
    *,
    engine: Engine,
    progress: Callable[[str, int, int], None],
) -> list[list[dict[str, Any]]]:
    """Rank every table with every proxy; the models of a table are built once for all proxies.

    Args:
        columns: The tables.
        proxies: The proxies; none is fitted to a table, not even its direction.
        probe: Seeds, batch and device.
        engine: Where the work runs; the result does not depend on it.
        progress: Called with (name of the table, architectures done, architectures to do).

    Returns:
        For each proxy, one cell a table: ``{"table", "protocol", "n", "status", "tau_a", "interval", "tau_b", "rho",
        "distinct", "reason"}``, as :func:`lpzero.proxy.rank.rank_table` defines them. A table that is not here has the
        status ``"missing"``, and nulls.

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
    return [list(row) for row in zip(*cells, strict=True)]


def _cells(
    one: Column, proxies: Sequence[Proxy], probe: Probe, engine: Engine, progress: Callable[[str, int, int], None]
) -> list[dict[str, Any]]:
    """The cells of one table, one a proxy."""
    if one.table is None or one.space is None:
        empty = dict.fromkeys(FIGURES)
        return [_cell(one, {"status": MISSING, **empty, "reason": one.reason}) for _ in proxies]
    rows = rank_table(
        one.space,
        one.table,
        proxies,
        probe,
        engine=engine,
        progress=lambda done, total: progress(one.name, done, total),
    )
    return [_cell(one, row) for row in rows]


def _cell(one: Column, row: Mapping[str, Any]) -> dict[str, Any]:
    place = {
        "table": one.name,
        "protocol": None if one.space is None else one.space.protocol,
        "n": None if one.table is None else one.table.n,
    }
    return place | {key: row[key] for key in ("status", *FIGURES, "reason")}
