"""``lpzero tables show``: the card of a table."""

from __future__ import annotations

from typing import Any

import click

from lpzero.cli.output import as_json, figures, print_grid, print_json


@click.command("show")
@click.argument("table")
@click.option("--protocol", help="Which model an architecture stands for.  [default: the table's first]")
@as_json
def show_table(table: str, protocol: str | None, as_json: bool) -> None:
    """Show the card of a TABLE, a name or a folder: what was measured, its noise, its baselines, its known faults."""
    card = _card(table, protocol)
    if as_json:
        print_json({"schema": 1, **card})
        return
    _print(card)


def _card(name: str, protocol: str | None) -> dict[str, Any]:
    from lpzero.proxy.card import figures as derive
    from lpzero.tables import load_trained

    table, trainings, recipe = load_trained(name)
    chosen = table.protocol(protocol)
    return {
        "name": table.name,
        "space": table.space,
        "protocols": list(table.protocols),
        "protocol": chosen,
        "quality": table.quality,
        "unit": table.unit,
        "higher_is_better": table.higher_is_better,
        "duplicates": len(table.duplicates()),
        "notes": list(table.notes),
        "source": table.source,
        "licence": table.licence,
        "digest": table.digest,
        "recipe": None if recipe is None else {"digest": recipe.digest, **vars(recipe)},
        "figures": derive(table, chosen, trainings, recipe),
    }


def _print(card: dict[str, Any]) -> None:
    found, quality = card["figures"], card["figures"]["quality"]
    direction = "higher is better" if card["higher_is_better"] else "lower is better"
    rows = [
        ["name", card["name"]],
        ["space", f"{card['space']} (protocols: {', '.join(card['protocols'])})"],
        ["n", found["n"]],
        ["quality", f"{card['quality']}, {card['unit']}, {direction}"],
        ["range", f"{quality['min']:.4g} to {quality['max']:.4g}, sd {quality['sd']:.3g}"],
        ["noise", _noise(found["noise"])],
        *_training(found["training"], card["recipe"]),
        *([("notes" if i == 0 else ""), note] for i, note in enumerate(card["notes"])),
        ["source", card["source"]],
        ["licence", card["licence"]],
        ["digest", card["digest"]],
    ]
    print_grid(None, rows)
    click.echo()
    header = [f"baseline ({card['protocol']})", "tau-a", "tau-b", "rho", "distinct", "95 % of tau-a"]
    print_grid(header, [[name, *figures(row)] for name, row in found["baselines"].items()])


def _noise(noise: dict[str, Any] | None) -> str:
    if noise is None:
        return "not known: no architecture was trained twice"
    retest = "" if noise["retest"] is None else f"; tau-a between two seeds {noise['retest']:.3f}"
    return (
        f"sd {noise['sd']:.3g} between trainings of one architecture ({noise['repeated']} repeated): "
        f"ceiling of tau-a {noise['ceiling']:.3f}{retest}"
    )


def _training(training: dict[str, Any] | None, recipe: dict[str, Any] | None) -> list[list[str]]:
    if training is None or recipe is None:
        return []
    half = "not known" if training["half_to_end"] is None else f"{training['half_to_end']:.3f}"
    statuses = ", ".join(f"{number} {status}" for status, number in training["statuses"].items())
    return [
        ["trainings", f"{training['trainings']} ({statuses}) in {training['hours']} h on {recipe['device']}"],
        [
            "recipe",
            f"{recipe['objective']}, {recipe['tokens']}, {recipe['steps']} steps of {recipe['batch']} x "
            f"{recipe['length']} tokens, AdamW {recipe['learning_rate']:g}; digest {recipe['digest']}",
        ],
        [
            "long enough?",
            f"{100 * training['below_unigram']:.1f} % end .3 below the unigram entropy of "
            f"{training['unigram_entropy']:.3f}; tau-a from half the steps to the end {half}",
        ],
    ]
