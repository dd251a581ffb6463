"""Say what a proxy measures on a table."""

from __future__ import annotations

from pathlib import Path

from lpzero.api.setup import loaded_proxies, measured_space, probe_of
from lpzero.engines import Workers
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.progress import Watch, counting, unwatched
from lpzero.proxy import Proxy
from lpzero.proxy.explain import REDRAWS, drawn, explain_ranking
from lpzero.proxy.explanation import ExplainResult, explain_result
from lpzero.proxy.parts import parts_of
from lpzero.tables import Table


def explain(
    proxy: str | Path | Proxy,
    table: str | Path | Table,
    *,
    protocol: str | None = None,
    archs: int | None = None,
    redraws: int = REDRAWS,
    include_seen: bool = False,
    seed: int = 0,
    batch: int = BATCH,
    tokens: int = TOKENS,
    device: str = "auto",
    deterministic: bool = False,
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> ExplainResult:
    """Say which share of a proxy's ranking is left when a part of its input is replaced: ``lpzero explain``.

    Args:
        proxy: A formula, a name, a proxy file, or the folder of a finished run.
        table: The table, its name or its folder.
        protocol: Which model an architecture stands for; None for the table's first.
        archs: Architectures, at least 4, drawn by the seed; None for all, at most 100.
        redraws: How often the initialisation is drawn again, at least 1.
        include_seen: Whether architectures that the proxy was chosen on may be drawn as well.
        seed: Seed of every random choice, at least 0.
        batch: Sequences of the token batch, at least 1.
        tokens: Tokens of each sequence, at least 2.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        deterministic: Whether deterministic algorithms alone are used.
        workers: Where the work runs; the result does not depend on it.
        watch: Told how it goes.

    Returns:
        The verdict, and what it follows from; a proxy that does not rank the table has a status instead of figures.

    Raises:
        InputError: There is no such table, protocol or proxy, a value is out of its range, or a file is damaged.
        MissingError: The table or the device is not here.

    >>> explain("params", "gpt2-own", archs=20).verdict
    'shape only'
    """
    (loaded,) = loaded_proxies([proxy])
    measured, space = measured_space(table, protocol)
    probe = probe_of(seed, batch, tokens, device)
    parts = parts_of([loaded], measured, space, include_seen=include_seen, labels=None, seed=seed)
    part = drawn(measured, parts.tested, archs, seed)
    with workers.open(probe.device, deterministic=deterministic) as engine:
        explanation = explain_ranking(
            space, part, loaded, probe, redraws=redraws, engine=engine, progress=counting(watch, "explaining")
        )
    return explain_result(
        explanation,
        loaded,
        table=measured.name,
        protocol=space.protocol,
        seed=seed,
        n=part.n,
        total=measured.n,
        in_sample=parts.seen[0],
        left_out=measured.n - len(parts.tested),
    )
