"""Rank a table with proxies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lpzero.api.setup import loaded_proxies, measured_space, probe_of
from lpzero.engines import Workers
from lpzero.metrics import METRICS
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.progress import Watch, counting, unwatched
from lpzero.proxy import Proxy, proxy_names
from lpzero.proxy.rank import RankResult, rank_table
from lpzero.tables import Table


def rank(
    table: str | Path | Table,
    proxies: str | Path | Proxy | Sequence[str | Path | Proxy] = (),
    *,
    protocol: str | None = None,
    seed: int = 0,
    batch: int = BATCH,
    tokens: int = TOKENS,
    device: str = "auto",
    deterministic: bool = False,
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> RankResult:
    """Rank a whole table with proxies: ``lpzero rank``.

    Args:
        table: The table, its name or its folder.
        proxies: One or several, each a formula, the name of a shipped proxy or coded metric, a proxy file, or the
            folder of a finished run; without any, every metric of the shape and every shipped formula.
        protocol: Which model an architecture stands for; None for the table's first.
        seed: Seed of every random choice, at least 0.
        batch: Sequences of the token batch, at least 1.
        tokens: Tokens of each sequence, at least 2.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        deterministic: Whether deterministic algorithms alone are used.
        workers: Where the work runs; the result does not depend on it.
        watch: Told how it goes.

    Returns:
        A row a proxy; one that does not rank the table has a status and a reason instead of figures.

    Raises:
        InputError: There is no such table, protocol or proxy, a value is out of its range, or a file is damaged.
        MissingError: The table or the device is not here.

    >>> result = rank("gpt2-own", ["params", "depth"])
    >>> {row.proxy: round(row.tau_a, 3) for row in result.scores}
    {'params': 0.492, 'depth': -0.054}
    """
    shapes = [name for name, metric in METRICS.items() if metric.needs == "shape"]
    loaded = loaded_proxies(proxies or [*shapes, *proxy_names()])
    measured, space = measured_space(table, protocol)
    probe = probe_of(seed, batch, tokens, device)
    with workers.open(probe.device, deterministic=deterministic) as engine:
        rows = rank_table(space, measured, loaded, probe, engine=engine, progress=counting(watch, "scoring"))
    return RankResult(schema_=1, table=measured.name, protocol=space.protocol, seed=seed, n=measured.n, scores=rows)
