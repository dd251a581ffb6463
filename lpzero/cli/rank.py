"""``lpzero rank``: how well proxies rank a table."""

from __future__ import annotations

from typing import Any

import click

from lpzero.cli import options
from lpzero.cli.engine_options import Where, engine_options
from lpzero.cli.output import SHARES, as_json, figures, print_grid, print_json, say, shares
from lpzero.errors import NoResultError


@click.command()
@click.argument("proxies", nargs=-1, metavar="[PROXY]...")
@click.option("--proxy", "more", multiple=True, help="A proxy; the same as an argument.")
@click.option("--table", required=True, help="Table of measured qualities: a name or a folder.")
@click.option("--protocol", help="Which model an architecture stands for.  [default: the table's first]")
@options.seed
@options.batch
@options.tokens
@options.device
@engine_options
@options.deterministic
@as_json
def rank(
    proxies: tuple[str, ...],
    more: tuple[str, ...],
    table: str,
    protocol: str | None,
    seed: int,
    batch: int,
    tokens: int,
    device: str,
    deterministic: bool,
    where: Where,
    as_json: bool,
) -> None:
    """Rank a whole table with proxies and print their rank correlations.

    A PROXY is a formula, the name of a shipped proxy or coded metric, a proxy file, or the folder of a finished run.
    Without any, every metric of the shape and every shipped formula is ranked. Scores are exact.
    """
    from lpzero.cli.progress import ProgressDisplay
    from lpzero.metrics import METRICS
    from lpzero.operands.probe import Probe
    from lpzero.proxy import load_proxy, proxy_names
    from lpzero.proxy.rank import rank_table
    from lpzero.spaces import get_space
    from lpzero.tables import load_table

    shapes = [name for name, metric in METRICS.items() if metric.needs == "shape"]
    names = [*proxies, *more] or [*shapes, *proxy_names()]
    loaded = [load_proxy(name) for name in names]
    measured = load_table(table)
    space = get_space(measured.space, measured.protocol(protocol))
    probe = Probe(seed=seed, batch=batch, tokens=tokens, device=options.resolve_device(device))
    display = ProgressDisplay()
    try:
        with where.open(probe.device, deterministic=deterministic) as engine:
            rows = rank_table(
                space,
                measured,
                loaded,
                probe,
                engine=engine,
                progress=lambda done, total: display.architectures("scoring", done, total),
            )
    finally:
        display.close()
    for row in rows:
        if row["reason"]:
            say(f"{row['proxy']}: {row['status']}: {row['reason']}")
    document: dict[str, Any] = {
        "schema": 1,
        "table": measured.name,
        "protocol": space.protocol,
        "seed": seed,
        "n": measured.n,
        "scores": [{key: value for key, value in row.items() if key != "reason"} for row in rows],
    }
    _print(document, as_json)
    if not any(row["status"] == "ok" for row in rows):
        raise NoResultError(f"no proxy ranks {measured.name}")


def _print(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    rows = document["scores"]
    header = ["proxy", "better", "status", "tau-a", "tau-b", "rho", "distinct", "95 % of tau-a"]
    print_grid(header, [[r["proxy"], r["direction"], r["status"], *figures(r)] for r in rows])
    ranked = [row for row in rows if row["status"] == "ok"]
    if ranked:
        click.echo()
        print_grid(["tau-a", *SHARES], [[row["proxy"], *shares(row)] for row in ranked])
    where = f"{document['table']}, protocol {document['protocol']}"
    click.echo(f"\n{where}: all {document['n']} architectures, seed {document['seed']}")
