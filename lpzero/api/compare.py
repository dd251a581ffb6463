"""Compare proxies on a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lpzero.api.setup import loaded_proxies, measured_space, probe_of
from lpzero.engines import Workers
from lpzero.errors import InputError
from lpzero.fitness.strata import RATIO
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.progress import Watch, counting, unwatched
from lpzero.proxy import Proxy
from lpzero.proxy.comparison import CompareResult, check_comparable, compare_ranked, over_draws
from lpzero.proxy.rank import Ranked
from lpzero.proxy.yardstick import beside, control_rows, judged, yardstick
from lpzero.tables import Table


def compare(
    table: str | Path | Table,
    proxies: Sequence[str | Path | Proxy],
    *,
    protocol: str | None = None,
    include_seen: bool = False,
    labels: int | None = None,
    matched: float = RATIO,
    initialisations: int = 1,
    seed: int = 0,
    batch: int = BATCH,
    tokens: int = TOKENS,
    device: str = "auto",
    deterministic: bool = False,
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> CompareResult:
    """Compare proxies on one table, pair by pair, over all its architectures and at matched size: ``lpzero compare``.

    Args:
        table: The table, its name or its folder.
        proxies: Two or more, each a formula, the name of a shipped proxy or coded metric, a proxy file, or the folder
            of a finished run.
        protocol: Which model an architecture stands for; None for the table's first.
        include_seen: Whether what proxies were chosen on is ranked as well; their rows are then marked ``in_sample``.
        labels: Qualities that controls are fitted to, as of :func:`lpzero.rank`.
        matched: The factor by which parameters outside the embeddings may differ to count as matched, at least 1.
        initialisations: Draws of weights and tokens that the spread of scores and differences is told over, at least 1.
        seed: Seed of every random choice, at least 0.
        batch: Sequences of the token batch, at least 1.
        tokens: Tokens of each sequence, at least 2.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        deterministic: Whether deterministic algorithms alone are used.
        workers: Where the work runs; the result does not depend on it.
        watch: Told how it goes.

    Raises:
        InputError: Fewer than two proxies, or than two that rank the table; no two architectures are of about the same
            size; there is no such table, protocol or proxy; a value is out of its range, or a file is damaged.
        MissingError: The table or the device is not here.

    >>> result = compare("gpt2-own", ["params", "width"])
    >>> [(pair.first, pair.second, round(pair.overall.difference, 3)) for pair in result.pairs]
    [('params', 'width', -0.156)]
    """
    loaded = loaded_proxies(proxies)
    measured, space = measured_space(table, protocol)
    if initialisations < 1:
        raise InputError(f"`initialisations`: expected at least 1, found {initialisations}")
    if initialisations > 1 and space.pretrained:
        raise InputError(f"`initialisations`: the weights of {space.name} are trained ones: there is one draw of them")
    probe = probe_of(seed, batch, tokens, device)
    by = yardstick(space, measured, loaded, include_seen=include_seen, labels=labels, within=matched, seed=seed)
    check_comparable(loaded, by.measured, measured.name)
    with workers.open(probe.device, deterministic=deterministic) as engine:
        ranked, by = judged(by, loaded, probe, engine=engine, progress=counting(watch, "scoring"))
        pairs = compare_ranked(ranked, by.measured, seed)
        rows = beside(ranked, by)
        if initialisations > 1:
            beside_controls = [Ranked(row, one.scores) for row, one in zip(rows, ranked, strict=True)]
            rows, pairs = over_draws(
                by,
                loaded,
                beside_controls,
                pairs,
                probe,
                initialisations=initialisations,
                engine=engine,
                progress=counting(watch, "drawing again"),
            )
    return CompareResult(
        schema_=1,
        **by.header(),  # type: ignore[arg-type]
        matched_pairs=int(by.measured.matched.sum()) // 2,
        initialisations=initialisations,
        scores=rows,
        controls=control_rows(by),
        pairs=pairs,
    )
