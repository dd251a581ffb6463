"""``lpzero doctor``: what this machine has, and what lpzero finds on it."""

from __future__ import annotations

import platform
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from lpzero.cli import options
from lpzero.cli.output import as_json, print_grid, print_json

PACKAGES = ("lpzero", "deap", "numpy", "scipy", "sympy", "torch", "transformers")


@click.command()
@as_json
def doctor(as_json: bool) -> None:
    """Show what this machine has and what lpzero finds on it; exit code 1 where something is wrong."""
    document = {"schema": 1, **_findings()}
    if as_json:
        print_json(document)
    else:
        rows = [[name, value] for name, value in document.items() if name not in ("schema", "problems", "tables")]
        rows += [[f"table {name}", where or "not here"] for name, where in document["tables"].items()]
        rows += [["problem", problem] for problem in document["problems"] or ["none"]]
        print_grid(None, rows)
    if document["problems"]:
        raise click.exceptions.Exit(1)


def _findings() -> dict[str, Any]:
    import torch

    from lpzero.paths import cache_home
    from lpzero.tables import TABLES, find

    problems = []
    home = cache_home()
    if not _writable(home):
        problems.append(f"the cache folder {home} cannot be written: set LPZERO_HOME to one that can")
    cuda = torch.cuda.is_available()
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: metadata.version(name) for name in PACKAGES},
        "cores": options.usable_cores(),
        "device": torch.cuda.get_device_name(0) if cuda else "cpu",
        "cache": str(home),
        "tables": {entry.name: str(find(entry)) if find(entry) else None for entry in TABLES.values()},
        "problems": problems,
    }


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
