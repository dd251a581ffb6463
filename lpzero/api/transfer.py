"""Rank several tables with the same proxies."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from lpzero.api.setup import loaded_proxies, probe_of, several
from lpzero.engines import Workers
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.progress import Watch, counting, unwatched
from lpzero.proxy import Proxy, load_proxy, proxy_names
from lpzero.proxy.transfer import BASELINES, DEFAULT_TABLES, TransferResult, column, transfer_tables

_LOG = logging.getLogger(__name__)


def transfer(
    proxies: str | Path | Proxy | Sequence[str | Path | Proxy] = (),
    tables: str | Sequence[str] = (),
    *,
    seed: int = 0,
    batch: int = BATCH,
    tokens: int = TOKENS,
    device: str = "auto",
    deterministic: bool = False,
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> TransferResult:
    """Rank several tables with the same proxies, each in one direction: ``lpzero transfer``.

    Args:
        proxies: As of :func:`lpzero.rank`; without any, every shipped formula that was found on a table, and the
            strongest plain counts.
        tables: One or several, each a name or a folder, and perhaps a colon and a protocol; without any, every known
            one.
        seed: Seed of every random choice, at least 0.
        batch: Sequences of the token batch, at least 1.
        tokens: Tokens of each sequence, at least 2.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        deterministic: Whether deterministic algorithms alone are used.
        workers: Where the work runs; the result does not depend on it.
        watch: Told how it goes.

    Returns:
        A row a proxy, a cell a table; a table that is not here has the status ``"missing"``.

    Raises:
        InputError: There is no such table, protocol or proxy, a value is out of its range, or a file is damaged.
        MissingError: None of the tables is here, or the device is not.

    >>> row = transfer(["params"], ["gpt2-own", "flexibert-own"]).proxies[0]
    >>> {cell.table: round(cell.tau_a, 3) for cell in row.cells}
    {'gpt2-own': 0.492, 'flexibert-own': 0.232}
    """
    shipped = (proxy for proxy in map(load_proxy, proxy_names()) if proxy.found_on)
    loaded = loaded_proxies(proxies or [*shipped, *BASELINES])
    columns = [column(text) for text in dict.fromkeys(several(tables) or DEFAULT_TABLES)]
    for one in columns:
        if one.reason:
            _LOG.warning(one.reason)
    probe = probe_of(seed, batch, tokens, device)
    with workers.open(probe.device, deterministic=deterministic) as engine:
        rows = transfer_tables(
            columns,
            loaded,
            probe,
            engine=engine,
            progress=lambda table, done, total: counting(watch, f"scoring {table}")(done, total),
        )
    return TransferResult(schema_=1, seed=seed, proxies=rows)
