"""``lpzero explain``: what a proxy measures on a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import options
from lpzero.cli.engine_options import Where, engine_options
from lpzero.cli.output import as_json, figure, print_grid, print_json, say
from lpzero.errors import NoResultError

if TYPE_CHECKING:
    from lpzero.proxy.explain import Explanation
    from lpzero.proxy.verdict import Effect


@click.command()
@click.argument("proxy")
@click.option("--table", required=True, help="Table of measured qualities: a name or a folder.")
@click.option("--protocol", help="Which model an architecture stands for.  [default: the table's first]")
@click.option("--archs", type=int, help="Architectures, drawn by the seed.  [default: all, at most 100]")
@click.option("--redraws", type=int, default=3, show_default=True, help="Initialisations to draw again.")
@options.seed
@options.batch
@options.tokens
@options.device
@engine_options
@options.deterministic
@as_json
def explain(
    proxy: str,
    table: str,
    protocol: str | None,
    archs: int | None,
    redraws: int,
    seed: int,
    batch: int,
    tokens: int,
    device: str,
    deterministic: bool,
    where: Where,
    as_json: bool,
) -> None:
    """Say what a PROXY measures on a table: which share of its ranking is left when a part of its input is replaced.

    The table is scored with other tokens, other initialisations, gradients of zeros and of noise, and operands that
    know nothing but their shapes. A PROXY is a formula, a name, a proxy file, or the folder of a finished run.
    """
    from lpzero.cli.progress import ProgressDisplay
    from lpzero.operands.probe import Probe
    from lpzero.proxy import load_proxy
    from lpzero.proxy.explain import drawn
    from lpzero.proxy.explain import explain as explained
    from lpzero.spaces import get_space
    from lpzero.tables import load_table

    loaded = load_proxy(proxy)
    whole = load_table(table)
    space = get_space(whole.space, whole.protocol(protocol))
    probe = Probe(seed=seed, batch=batch, tokens=tokens, device=options.resolve_device(device))
    part = drawn(whole, archs, seed)
    display = ProgressDisplay()
    try:
        with where.open(probe.device, deterministic=deterministic) as engine:
            found = explained(
                space,
                part,
                loaded,
                probe,
                redraws=redraws,
                engine=engine,
                progress=lambda done, total: display.architectures("explaining", done, total),
            )
    finally:
        display.close()
    for effect in (found.original, *found.effects):
        if effect.reason:
            say(f"{effect.name}: {effect.status}: {effect.reason}")
    named = {"schema": 1, "proxy": loaded.name, "direction": loaded.direction, "table": whole.name}
    facts = {**named, "protocol": space.protocol, "seed": seed, "n": part.n}
    _print({**facts, **_explained(found)}, whole.n, as_json)
    if found.original.correlation is None:
        raise NoResultError(f"{loaded.name} does not rank {whole.name}: {found.original.status}")


def _explained(found: Explanation) -> dict[str, Any]:
    original = _figures(found.original)
    return {
        "original": {key: original[key] for key in ("status", "tau_a", "interval", "tau_b", "rho")},
        "interventions": [_intervention(effect) for effect in found.effects],
        "verdict": found.verdict,
        "reasons": list(found.reasons),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _figures(effect: Effect) -> dict[str, Any]:
    """The status of an effect and how its scores correlate with quality."""
    found = effect.correlation
    return {
        "status": effect.status,
        "tau_a": None if found is None else _rounded(found.tau_a),
        "interval": None if effect.interval is None else [_rounded(end) for end in effect.interval],
        "tau_b": None if found is None else _rounded(found.tau_b),
        "rho": None if found is None else _rounded(found.rho),
    }


def _intervention(effect: Effect) -> dict[str, Any]:
    figures = _figures(effect)
    compared = {"agreement": _rounded(effect.agreement), "left": _rounded(effect.left)}
    return {"name": effect.name, **{key: figures[key] for key in ("status", "tau_a", "interval")}, **compared}


def _print(document: dict[str, Any], total: int, as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    rows = [{"name": "original", **document["original"]}, *document["interventions"]]
    header = ["intervention", "status", "tau-a", "95 % of tau-a", "agreement", "left"]
    print_grid(header, [_cells(row) for row in rows])
    where = f"{document['table']}, protocol {document['protocol']}"
    click.echo(f"\n{document['proxy']} (better: {document['direction']})")
    click.echo(f"{where}: {document['n']} of {total} architectures, seed {document['seed']}")
    click.echo(f"verdict: {document['verdict']}")
    for reason in document["reasons"]:
        click.echo(f"- {reason}")


def _cells(row: dict[str, Any]) -> list[str | None]:
    interval, left = row["interval"], row.get("left")
    return [
        row["name"],
        row["status"],
        figure(row["tau_a"]),
        None if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}",
        figure(row.get("agreement")),
        None if left is None else f"{100 * left:.1f} %",
    ]
