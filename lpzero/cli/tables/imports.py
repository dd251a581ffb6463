"""``lpzero tables import``: a file of your own as a table."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import completion
from lpzero.cli.output import as_json, print_grid, print_result
from lpzero.errors import InputError

if TYPE_CHECKING:
    from lpzero.tables.imports.user_file import Imported


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--space", shell_complete=completion.spaces, required=True, help="Space of the architectures.")
@click.option("--protocol", help="Which model an architecture stands for.  [default: the space's first]")
@click.option("--quality", metavar="COLUMN", default="quality", show_default=True, help="Column of the quality.")
@click.option("--higher-is-better", is_flag=True, help="The direction of the quality: this one ...")
@click.option("--lower-is-better", is_flag=True, help="... or this one.")
@click.option("--unit", default="unit not given", show_default=True, help="Unit of the quality.")
@click.option("--name", help="Name of the table.  [default: that of the file, without its suffix]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the table, a new one.  [default: ./NAME]")
@click.option("--source", default="own measurements", show_default=True, help="Where the qualities come from.")
@click.option("--licence", default="licence not given", show_default=True, help="Licence of the file.")
@as_json
def import_table(
    file: Path,
    space: str,
    protocol: str | None,
    quality: str,
    higher_is_better: bool,
    lower_is_better: bool,
    unit: str,
    name: str | None,
    out: Path | None,
    source: str,
    licence: str,
    as_json: bool,
) -> None:
    """Make a table of FILE: architectures and their measured quality, one a line.

    FILE is CSV (.csv) with a header, or JSON lines (.jsonl, .ndjson, .json). Its columns are the names of the space,
    as `lpzero spaces show SPACE` shows them, the quality, and perhaps an id. A name of each layer has a list: in CSV
    its values stand between spaces or semicolons. For a space.toml the number of layers is a column too, and any name
    that the configuration has for a field will do. Instead of the names there may be a single column, architecture,
    with an architecture's JSON. Every line is checked; where one is wrong nothing is written.
    """
    from lpzero.spaces import get_space
    from lpzero.tables.imports import user_file
    from lpzero.tables.naming import check_names, check_texts

    if higher_is_better == lower_is_better:
        raise InputError(
            "expected one of --higher-is-better and --lower-is-better, "
            f"found {'both' if lower_is_better else 'neither'}: the direction of a quality is never guessed"
        )
    named = file.stem if name is None else name
    folder = Path(named) if out is None else out
    check_names(named, folder)
    user_file.refuse_existing(folder)
    measured = get_space(space, protocol)
    texts = {"quality": quality, "unit": unit, "source": source, "licence": licence}
    check_texts(texts.items())
    found = user_file.import_table(file, measured, quality=quality)
    card: dict[str, Any] = {
        "name": named,
        "space": measured.name,
        "protocols": [measured.protocol],
        **texts,
        "higher_is_better": higher_is_better,
        "notes": _notes(file, found),
        "recipe": None,
        "environment": None,
        "figures": {},
    }
    user_file.write_new(folder, card, found.records, measured)
    _print(card, found, folder, as_json)


def _notes(file: Path, imported: Imported) -> list[str]:
    # repr writes what no UTF-8 text can hold as an escape
    notes = [f"Imported by `lpzero tables import` from {file.name!r}, SHA-256 {imported.sha256}."]
    if imported.dropped:
        notes.append(f"{imported.dropped} of its lines repeat an architecture with the same quality and were dropped.")
    return notes


def _print(card: dict[str, Any], imported: Imported, folder: Path, as_json: bool) -> None:
    qualities = [record.quality for record in imported.records]
    if as_json:
        from lpzero.cli.printed import TableImported

        document = {
            "name": card["name"],
            "space": card["space"],
            "protocol": card["protocols"][0],
            "n": len(qualities),
            "quality": {"name": card["quality"], "unit": card["unit"], "min": min(qualities), "max": max(qualities)},
            "higher_is_better": card["higher_is_better"],
            "dropped": imported.dropped,
            "out": str(folder),
        }
        print_result(TableImported.model_validate(document))
        return
    direction = "higher is better" if card["higher_is_better"] else "lower is better"
    rows = [
        ["name", card["name"]],
        ["space", f"{card['space']}, protocol {card['protocols'][0]}"],
        ["n", len(qualities)],
        ["quality", f"{card['quality']}, {card['unit']}, {direction}"],
        ["range", f"{min(qualities):.6g} to {max(qualities):.6g}"],
        ["dropped", f"{imported.dropped} line(s) that repeat an architecture with the same quality"],
        ["folder", folder],
    ]
    print_grid(None, rows)
    table = f"--table {shlex.quote(str(folder))}"
    click.echo(f"\nuse it:\n  lpzero rank {table}\n  lpzero evolve {table}")
