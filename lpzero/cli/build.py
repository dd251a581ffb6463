"""``lpzero build``: an architecture as a model on disk."""

from __future__ import annotations

from pathlib import Path

import click

from lpzero.cli import completion, options
from lpzero.cli.output import as_json, print_result
from lpzero.errors import InputError

LARGEST_SEED = 2**63 - 1


@click.command()
@click.argument("architecture")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write, empty or not there yet.")
@click.option(
    "--space",
    shell_complete=completion.spaces,
    help="A space: its name, or a file or folder that is one.  [default: what ARCHITECTURE says]",
)
@click.option(
    "--protocol",
    help="Which model an architecture stands for.  [default: what ARCHITECTURE says, else the space's first]",
)
@options.seed
@as_json
def build(architecture: str, out: Path, space: str | None, protocol: str | None, seed: int, as_json: bool) -> None:
    """Write the untrained model of ARCHITECTURE as a folder that transformers loads.

    ARCHITECTURE is a JSON or TOML file with an architecture, a folder that a search or this command wrote, or - for
    stdin (JSON).
    """
    from lpzero.pretrained.architecture_file import read_architecture, space_of
    from lpzero.pretrained.card import loading_code
    from lpzero.pretrained.folder import write_model

    if not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"`seed`: expected from 0 to {LARGEST_SEED}, found {seed}")
    given = read_architecture(architecture)
    found = space_of(given, space, protocol)
    write_model(out, found, given.architecture, seed)
    counts = found.parameter_counts(given.architecture)
    if as_json:
        from lpzero.cli.printed import ModelBuilt

        key = found.key(given.architecture)
        built = ModelBuilt(
            folder=str(out), space=found.name, protocol=found.protocol, key=key, parameters=counts, seed=seed
        )
        print_result(built)
        return
    click.echo(f"{out}: {found.name}, protocol {found.protocol}, {counts['total']} parameters, seed {seed}\n")
    click.echo(loading_code(found, weights=True, folder=str(out)))
