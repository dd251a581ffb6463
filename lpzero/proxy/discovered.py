"""A discovered proxy as a file: the formula of a finished run, with where it comes from and what it reached."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from lpzero.errors import InputError

BEST, CONFIG, ENV = "best.json", "config.json", "env.json"
FIGURES = ("n", "tau_a", "interval", "tau_b", "rho", "distinct")


class Provenance(BaseModel):
    """Where a discovered proxy comes from.

    Attributes:
        command: The command that finds it again, with ``settings`` as its ``--config`` where it is ``evolve``.
        table: Name of the table that it was found on.
        table_sha256: Digest of that table's records.
        protocol: Which model an architecture stood for.
        seed: Seed of the run: of the split, the batch and the initialisation.
        settings: All settings of the run.
        versions: Versions of Python and of the packages that it ran with.
        test: The figures on the sealed test: ``n, tau_a, interval, tau_b, rho, distinct``.
        baseline: The strongest baseline there: ``proxy, tau_a``.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    command: str
    table: str
    table_sha256: str
    protocol: str
    seed: int
    settings: dict[str, Any]
    versions: dict[str, str]
    test: dict[str, Any]
    baseline: dict[str, Any]


def discovered(run: Path, name: str) -> dict[str, Any]:
    """The proxy file of a finished run.

    Args:
        run: Its folder.
        name: Name of the proxy.

    Raises:
        InputError: The folder holds no finished run.
    """
    result, settings, versions = (_read(run / file) for file in (BEST, CONFIG, ENV))
    try:
        best = result["best"]
        strongest = max(
            (row for row in result["baselines"] if row["test"]["tau_a"] is not None),
            key=lambda row: row["test"]["tau_a"],
        )
        provenance = Provenance(
            command=_command(settings),
            table=result["table"],
            table_sha256=result["table_sha256"],
            protocol=result["protocol"],
            seed=result["seed"],
            settings=settings,
            versions={name: version for name, version in versions.items() if name != "platform"},
            test={key: best["test"][key] for key in FIGURES},
            baseline={"proxy": strongest["proxy"], "tau_a": strongest["test"]["tau_a"]},
        )
        return {
            "schema": 1,
            "name": name,
            "formula": best["formula"],
            "higher_is_better": best["direction"] == "higher",
            "paper": "",
            "note": f"Found by {provenance.command.split()[1]} on {result['table']}, protocol {result['protocol']}.",
            "found": provenance.model_dump(),
        }
    except (KeyError, TypeError, ValueError) as err:
        raise InputError(f"{run}: expected a finished run, found no {err}") from None


def _command(settings: dict[str, Any]) -> str:
    """The command line of a run, as far as it has a flag: what is default there is left out."""
    command = "evolve" if "population" in settings else "enumerate"
    words = ["lpzero", command, "--table", str(settings["table"]), "--protocol", str(settings["protocol"])]
    return " ".join([*words, "--seed", str(settings["seed"])])


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file: expected the folder of a finished run") from None
    except (OSError, ValueError, RecursionError) as err:
        raise InputError(f"{path}: expected a JSON object, found {err}") from None
    if not isinstance(document, dict):
        raise InputError(f"{path}: expected a JSON object, found {type(document).__name__}")
    return document
