"""A discovered proxy as a file: the formula of a finished run, with where it comes from and what it reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lpzero.errors import InputError
from lpzero.settings import parse_json, place_in, read_bounded, reason_of

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


class _Part(BaseModel):
    """A part of a result, of which a proxy file needs this; further keys may be there."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class _Figures(_Part):
    tau_a: float | None


class _Baseline(_Part):
    proxy: str
    test: _Figures


class _Best(_Part):
    formula: str
    direction: Literal["higher", "lower"]
    test: dict[str, Any]


class _Result(_Part):
    table: str
    table_sha256: str
    protocol: str
    seed: int
    best: _Best
    baselines: list[_Baseline]


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
        found = _Result.model_validate(result)
        strongest = max(
            (row for row in found.baselines if row.test.tau_a is not None), key=lambda row: row.test.tau_a or 0
        )
        provenance = Provenance(
            command=_command(settings),
            table=found.table,
            table_sha256=found.table_sha256,
            protocol=found.protocol,
            seed=found.seed,
            settings=settings,
            versions={name: version for name, version in versions.items() if name != "platform"},
            test={key: found.best.test[key] for key in FIGURES},
            baseline={"proxy": strongest.proxy, "tau_a": strongest.test.tau_a},
        )
    except ValidationError as err:
        fault = err.errors(include_url=False)[0]
        raise InputError(f"{run}: expected a finished run, found no {place_in(fault['loc'])!r} as it has") from None
    except (KeyError, TypeError, ValueError) as err:
        raise InputError(f"{run}: expected a finished run, found no {reason_of(err)}") from None
    return {
        "schema": 1,
        "name": name,
        "formula": found.best.formula,
        "higher_is_better": found.best.direction == "higher",
        "paper": "",
        "note": f"Found by {provenance.command.split()[1]} on {found.table}, protocol {found.protocol}.",
        "found": provenance.model_dump(),
    }


def _command(settings: dict[str, Any]) -> str:
    """The command line of a run, as far as it has a flag: what is default there is left out."""
    command = "evolve" if "population" in settings else "enumerate"
    words = ["lpzero", command, "--table", str(settings["table"]), "--protocol", str(settings["protocol"])]
    return " ".join([*words, "--seed", str(settings["seed"])])


def _read(path: Path) -> dict[str, Any]:
    try:
        document = parse_json(read_bounded(path))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file: expected the folder of a finished run") from None
    except (OSError, ValueError) as err:
        raise InputError(f"{path}: expected a JSON object, found {reason_of(err)}") from None
    if not isinstance(document, dict):
        raise InputError(f"{path}: expected a JSON object, found {type(document).__name__}")
    return document
