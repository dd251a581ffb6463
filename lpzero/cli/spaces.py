"""``lpzero spaces``: the search spaces."""

from __future__ import annotations

from typing import Any

import click

from lpzero.cli import completion
from lpzero.cli.output import as_json, print_grid, print_result


@click.group()
def spaces() -> None:
    """Search spaces: list, show."""


@spaces.command("list")
@as_json
def list_spaces(as_json: bool) -> None:
    """List the search spaces: those of the package, and those that installed packages bring."""
    from lpzero.spaces import usable_spaces

    rows = [_facts(name) for name in usable_spaces()]
    if as_json:
        from lpzero.cli.printed import SpaceList

        print_result(SpaceList.model_validate({"spaces": rows}))
        return
    print_grid(
        ["name", "protocols", "architectures", "objective", "vocabulary"],
        [[r["name"], ", ".join(r["protocols"]), f"{r['size']:.3g}", r["objective"], r["vocabulary"]] for r in rows],
    )


@spaces.command("show")
@click.argument("name", shell_complete=completion.spaces)
@click.option("--protocol", help="Which model an architecture stands for.  [default: the space's first]")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the example.")
@as_json
def show_space(name: str, protocol: str | None, seed: int, as_json: bool) -> None:
    """Show the space NAME: its facts, and a random architecture with its parameters.

    NAME may be a space.toml file, or the folder of a LLaMA checkpoint.
    """
    import numpy as np

    from lpzero.errors import InputError
    from lpzero.spaces import get_space

    if seed < 0:
        raise InputError(f"--seed: expected at least 0, found {seed}")
    space = get_space(name, protocol)
    example = space.sample(np.random.default_rng(seed))
    document = {
        **_facts(name, space.protocol),
        "example": example.to_json(),
        "example_key": space.key(example),
        "example_parameters": space.parameter_counts(example),
    }
    if as_json:
        from lpzero.cli.printed import SpaceShown

        print_result(SpaceShown.model_validate(document))
        return
    rows = [[key, value] for key, value in document.items() if key not in ("example", "example_parameters")]
    rows += [["example", ", ".join(f"{k} {v}" for k, v in example.whole)]]
    rows += [[f"  layer {i}", ", ".join(f"{k} {v}" for k, v in layer)] for i, layer in enumerate(example.layers)]
    rows += [[f"  {part} parameters", n] for part, n in document["example_parameters"].items()]
    print_grid(None, rows)


def _facts(name: str, protocol: str | None = None) -> dict[str, Any]:
    from lpzero.spaces import get_space

    space = get_space(name, protocol)
    return {
        "name": space.name,
        "protocol": space.protocol,
        "protocols": list(space.protocols),
        "size": space.size,
        "objective": space.objective,
        "vocabulary": space.vocabulary,
        "max_tokens": space.max_tokens,
    }
