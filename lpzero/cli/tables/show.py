"""``lpzero tables show``: the card of a table."""

from __future__ import annotations

from typing import Any

import click

from lpzero.cli import completion
from lpzero.cli.output import as_json, ends, figure, figures, print_grid, print_result

SHORT = 12


@click.command("show")
@click.argument("table", shell_complete=completion.tables)
@click.option("--protocol", help="Which model an architecture stands for.  [default: the table's first]")
@as_json
def show_table(table: str, protocol: str | None, as_json: bool) -> None:
    """Show the card of a TABLE, a name or a folder: what was measured, its noise, its baselines, its known faults."""
    card = _card(table, protocol)
    if as_json:
        from lpzero.cli.printed import TableShown

        print_result(TableShown.model_validate(card))
        return
    _print(card)


def _card(name: str, protocol: str | None) -> dict[str, Any]:
    from lpzero.tables import load_trained
    from lpzero.training.card import figures as derive

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
        "columns": [
            {name: getattr(column, name) for name in ("name", "meaning", "unit", "cost")}
            for column in table.beside.columns
        ],
        "splits": [
            {"name": split.name, "labelled": len(split.labelled), "asked": len(split.asked)}
            for split in table.beside.splits
        ],
        "notes": list(table.notes),
        "source": table.source,
        "licence": table.licence,
        "digest": table.digest,
        "recipe": None if recipe is None else {"digest": recipe.digest, **vars(recipe)},
        "figures": derive(table, chosen, trainings, recipe),
    }


def _print(card: dict[str, Any]) -> None:
    from lpzero.fitness.figures import RankingFigures

    found, quality = card["figures"], card["figures"]["quality"]
    direction = "higher is better" if card["higher_is_better"] else "lower is better"
    rows = [
        ["name", card["name"]],
        ["space", f"{card['space']} (protocols: {', '.join(card['protocols'])})"],
        ["n", found["n"]],
        ["quality", f"{card['quality']}, {card['unit']}, {direction}"],
        ["range", f"{quality['min']:.4g} to {quality['max']:.4g}, sd {quality['sd']:.3g}"],
        *_noise(found["noise"]),
        *_training(found["training"], card["recipe"]),
        *([("notes" if i == 0 else ""), note] for i, note in enumerate(card["notes"])),
        *_beside(card["columns"], card["splits"]),
        ["source", card["source"]],
        ["licence", card["licence"]],
        ["digest", card["digest"]],
    ]
    print_grid(None, rows)
    click.echo()
    on = f", on {found['ranked']} records, drawn" if "ranked" in found else ""
    header = [f"baseline ({card['protocol']}{on})", "tau-a", "tau-b", "rho", "distinct", "95 % of tau-a"]
    baselines = {name: RankingFigures.model_validate(row) for name, row in found["baselines"].items()}
    print_grid(header, [[name, *figures(row)] for name, row in baselines.items()])
    if found["operations"] is not None:
        click.echo()
        header = ["number of layers", "tau-a", "tau-b", "tau-b inside a depth and width"]
        print_grid(header, [_operation(name, row) for name, row in found["operations"].items()])


def _beside(columns: list[dict[str, str]], splits: list[dict[str, Any]]) -> list[list[str]]:
    """What a table was published with beside the quality."""
    rows = [
        ["columns" if i == 0 else "", f"{one['name']}: {one['meaning']} ({one['unit']})"]
        for i, one in enumerate(columns)
    ]
    if splits:
        each = ", ".join(f"{one['name']} ({one['labelled']} labelled, {one['asked']} asked)" for one in splits)
        rows.append(["splits", each])
    return rows


def _operation(name: str, row: dict[str, Any]) -> list[str | None]:
    inside = None if row["inside"] is None else f"{row['inside'][0]:.3f} to {row['inside'][1]:.3f}"
    return [name, figure(row["tau_a"]), figure(row["tau_b"]), inside]


def _noise(noise: dict[str, Any] | None) -> list[list[str]]:
    if noise is None:
        return [["noise", "not known: no model was trained twice"]]
    low, high = noise["ceiling_interval"]
    retest = ""
    if noise["retest"] is not None:
        within = ends(noise.get("retest_interval"))
        retest = f"; tau-a between two seeds of the {noise['repeated']} repeated ones {noise['retest']:.3f}"
        retest += "" if within is None else f" ({within})"
    rows = [["noise", f"{_spread(noise)} between trainings of one model ({noise['repeated']} repeated)"]]
    if noise["same_model"] is not None:
        built = f"{_spread(noise['same_model'])} between records of which this protocol builds one model"
        rows.append(["", built])
    rows.append(["ceiling", f"tau-a {noise['ceiling']:.3f} [{low:.3f}, {high:.3f}]{retest}"])
    if noise["normality"] is not None:
        normal = (
            f"{noise['ceiling_if_normal']:.3f} if the noise were normal: p = {noise['normality']:.2g} (Shapiro-Wilk)"
        )
        rows.append(["", normal])
    return rows


def _spread(noise: dict[str, Any]) -> str:
    low, high = noise["sd_interval"]
    return f"sd {noise['sd']:.3g} [{low:.3g}, {high:.3g}] with {noise['freedom']} degrees of freedom"


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
        ["", _optimiser(recipe)],
        ["", _data(recipe)],
        [
            "long enough?",
            f"{100 * training['below_unigram']:.1f} % end {training['margin']:g} below the unigram entropy of "
            f"{training['unigram_entropy']:.3f}; tau-a from half the steps to the end {half}",
        ],
    ]


def _optimiser(recipe: dict[str, Any]) -> str:
    betas = " and ".join(f"{beta:g}" for beta in recipe["betas"])
    return (
        f"warm-up {recipe['warm_up']} steps, then half a cosine; betas {betas}, weight decay "
        f"{recipe['weight_decay']:g}, gradients clipped at {recipe['clip']:g}, {recipe['dtype']}"
    )


def _data(recipe: dict[str, Any]) -> str:
    mask = "" if recipe["mask_share"] is None else f", {100 * recipe['mask_share']:g} % masked"
    points = ", ".join(str(point) for point in recipe["points"])
    return (
        f"vocabulary {recipe['vocabulary']}{mask}, seed {recipe['seed']}; text {recipe['train_sha256'][:SHORT]}, "
        f"validated on {recipe['validation_sequences']} sequences of {recipe['validation_sha256'][:SHORT]} "
        f"at the steps {points}"
    )
