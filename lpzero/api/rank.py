"""Rank a table with proxies."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from lpzero.api.setup import loaded_proxies, measured_space, probe_of
from lpzero.engines import Engine, Workers
from lpzero.errors import InputError
from lpzero.fitness.strata import RATIO
from lpzero.metrics import METRICS
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.operands.probe import Probe
from lpzero.progress import Watch, counting, unwatched
from lpzero.proxy import Proxy, proxy_names
from lpzero.proxy.exclusion import looked_at
from lpzero.proxy.rank import RankResult
from lpzero.proxy.spread import MOST, SpreadFigures, draw_scores, probes, spread_figures
from lpzero.proxy.yardstick import Yardstick, beside, control_rows, judged, yardstick
from lpzero.tables import Table

_LOG = logging.getLogger(__name__)
INITIALISATIONS = 3
"""Draws by which the spread of a single proxy is told."""


def rank(
    table: str | Path | Table,
    proxies: str | Path | Proxy | Sequence[str | Path | Proxy] = (),
    *,
    protocol: str | None = None,
    include_seen: bool = False,
    labels: int | None = None,
    matched: float = RATIO,
    seed: int = 0,
    batch: int = BATCH,
    tokens: int = TOKENS,
    device: str = "auto",
    deterministic: bool = False,
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> RankResult:
    """Rank a table with proxies, beside controls: ``lpzero rank``.

    Architectures that a proxy was chosen on are left out for all of them, and so are those whose qualities the
    controls are fitted to: the same that proxies were chosen on, or ``labels`` many.

    Args:
        table: The table, its name or its folder.
        proxies: One or several, each a formula, the name of a shipped proxy or coded metric, a proxy file, or the
            folder of a finished run; without any, every metric of the shape and every shipped formula.
        protocol: Which model an architecture stands for; None for the table's first.
        include_seen: Whether what proxies were chosen on is ranked as well; their rows are then marked ``in_sample``.
        labels: Qualities that controls are fitted to, at least 4; None for those that the proxies were chosen on, where
            there are any.
        matched: The factor by which parameters outside the embeddings may differ to count as matched, at least 1.
        seed: Seed of every random choice, at least 0.
        batch: Sequences of the token batch, at least 1.
        tokens: Tokens of each sequence, at least 2.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        deterministic: Whether deterministic algorithms alone are used.
        workers: Where the work runs; the result does not depend on it.
        watch: Told how it goes.

    Returns:
        A row a proxy; one that does not rank the table has a status and a reason instead of figures. Of a single one
        that looks at a model the row says how much of it is the draw of weights and tokens.

    Raises:
        InputError: There is no such table, protocol or proxy, a value is out of its range, or a file is damaged.
        MissingError: The table or the device is not here.

    >>> result = rank("gpt2-own", ["params", "depth"])
    >>> {row.proxy: round(row.tau_a, 3) for row in result.scores}
    {'params': 0.492, 'depth': -0.054}
    """
    measured, space = measured_space(table, protocol)
    loaded = loaded_proxies(proxies) if proxies else all_that_ship(measured)
    probe = probe_of(seed, batch, tokens, device)
    by = yardstick(space, measured, loaded, include_seen=include_seen, labels=labels, within=matched, seed=seed)
    with workers.open(probe.device, deterministic=deterministic) as engine:
        ranked, by = judged(by, loaded, probe, engine=engine, progress=counting(watch, "scoring"))
        rows = beside(ranked, by)
        if len(loaded) == 1 and loaded[0].needs_pass and not space.pretrained and rows[0].status == "ok":
            spread = _spread(by, loaded[0], probe, engine=engine, watch=watch)
            rows = [rows[0].model_copy(update={"spread": spread})]
    return RankResult(schema_=1, **by.header(), scores=rows, controls=control_rows(by))  # type: ignore[arg-type]


def all_that_ship(table: Table) -> list[Proxy]:
    """Every metric of the shape and every shipped formula that can be judged by a table.

    One that was found on another version of the table is not among them, which is said: nobody knows which part of this
    version it was chosen on.
    """
    shapes = loaded_proxies([name for name, metric in METRICS.items() if metric.needs == "shape"])
    return [*shapes, *(proxy for proxy in loaded_proxies(proxy_names()) if _can_be_judged(proxy, table))]


def _can_be_judged(proxy: Proxy, table: Table) -> bool:
    try:
        looked_at(proxy, table)
    except InputError as err:
        _LOG.warning("%s is not ranked: %s", proxy.name, err)
        return False
    return True


def _spread(by: Yardstick, proxy: Proxy, probe: Probe, *, engine: Engine, watch: Watch) -> SpreadFigures:
    """How much of a proxy is the draw's, from a few of the architectures."""
    tested = by.parts.tested
    some = [by.table.records[i].architecture for i in tested[:: max(1, len(tested) // MOST)][:MOST]]
    drawn, progress = probes(probe, INITIALISATIONS), counting(watch, "drawing again")
    return spread_figures(draw_scores(by.space, some, [proxy], drawn, engine=engine, progress=progress)[:, 0])
