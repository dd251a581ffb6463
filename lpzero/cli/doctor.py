"""``lpzero doctor``: what this machine has, and what lpzero finds on it."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import Any

import click

from lpzero.cli.output import as_json, print_grid, print_result
from lpzero.errors import InputError

PACKAGES = ("lpzero", "deap", "numpy", "scipy", "sympy", "torch", "transformers")


@click.command()
@as_json
def doctor(as_json: bool) -> None:
    """Show what this machine has and what lpzero finds on it; exit code 1 where something is wrong."""
    document = _findings()
    if as_json:
        from lpzero.cli.printed import Findings

        print_result(Findings.model_validate(document))
    else:
        rows = [[name, value] for name, value in document.items() if name not in ("problems", "tables")]
        rows += [[f"table {name}", where or "not here"] for name, where in document["tables"].items()]
        rows += [["problem", problem] for problem in document["problems"] or ["none"]]
        print_grid(None, rows)
    if document["problems"]:
        raise click.exceptions.Exit(1)


def _findings() -> dict[str, Any]:
    import torch

    from lpzero.engines import usable_cores
    from lpzero.paths import cache_home, writable
    from lpzero.tables import TABLES, find
    from lpzero.tables.load import fault_of

    problems = []
    home, data = cache_home(), os.environ.get("LPZERO_DATA")
    if not writable(home):
        problems.append(f"the cache folder {home} cannot be written: set LPZERO_HOME to one that can")
    if data is not None and not _is_folder(data):
        problems.append(f"LPZERO_DATA names {data}, which is no folder")
    found: dict[str, str | None] = {}
    for entry in TABLES.values():
        try:
            where = find(entry)
            found[entry.name] = None if where is None else str(where)
        except InputError:
            # LPZERO_DATA, whose own line above names the fault
            found[entry.name] = None
            continue
        fault = fault_of(entry)
        problems += [] if fault is None else [fault]
    cuda = torch.cuda.is_available()
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: metadata.version(name) for name in PACKAGES},
        "ray": _installed("ray"),
        "openai": _installed("openai", extra="llm"),
        "cores": usable_cores(),
        "device": torch.cuda.get_device_name(0) if cuda else "cpu",
        "cache": str(home),
        "tables": found,
        "problems": problems,
    }


def _installed(name: str, extra: str | None = None) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"not installed: python -m pip install 'lpzero[{extra or name}]'"


def _is_folder(path: str) -> bool:
    from lpzero.tables.locate import expanded

    try:
        return expanded(path).is_dir()
    except InputError:
        return False
