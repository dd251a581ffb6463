"""Where a discovered proxy comes from, and the file that says so: the formula of a finished run with its provenance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from lpzero.errors import InputError
from lpzero.plugins import named_in
from lpzero.proxy.command import EVOLVE, discovery_command
from lpzero.proxy.discovery import UNJUDGED, DiscoveryResult
from lpzero.proxy.leave_one_out import ALL, MATRIX, LeaveOneOutResult, brief, controls, evidence
from lpzero.result import read_result
from lpzero.run_folder import CONFIG, ENV, PLUGINS, run_plugins
from lpzero.settings import parse_json, place_in, read_bounded, reason_of

BEST = "best.json"
"""The result in the folder of a run, which makes the folder a proxy."""
CLOSE = "matched_size"
FIGURES = ("n", "tau_a", "interval", "tau_b", "rho", "distinct", CLOSE)


class Provenance(BaseModel):
    """Where a discovered proxy comes from.

    Attributes:
        command: The command that finds it again, every setting by its flag; principles are those of ``settings`` as a
            file.
        table: Name of the table that it was found on.
        table_sha256: Digest of that table's records.
        protocol: Which model an architecture stood for.
        seed: Seed of the run: of the split, the batch and the initialisation.
        settings: All settings of the run.
        versions: Versions of Python and of the packages that it ran with.
        test: The figures on the sealed test: ``n, tau_a, interval, tau_b, rho, distinct, matched_size``.
        baseline: The strongest baseline there that needs no labels: ``proxy, tau_a, matched_size``. Empty, as ``test``
            is, of a run that judged nothing but the tables that it held out.
        controls: Likewise of the controls that were fitted to the labels of search and validation, by name.
        left_out: Of a run on several tables, each of which was left out in turn as well: what was found without it, as
            :func:`lpzero.proxy.leave_one_out.evidence` says.
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
    controls: dict[str, Any] = {}
    left_out: list[dict[str, Any]] = []

    def part_on(self, table: str) -> dict[str, Any] | None:
        """What the settings say of a table that the run searched on beside its first; None of any other."""
        return next((part for part in self.settings.get("beside", []) if Path(part["table"]).name == table), None)

    @property
    def tables(self) -> list[str]:
        """Names of the tables that the run searched on, the first one first."""
        return [self.table, *(Path(part["table"]).name for part in self.settings.get("beside", []))]


def run_provenance(run: Path) -> Provenance | None:
    """Where the formula of a finished run comes from; None where its folder does not hold the settings any more.

    Args:
        run: The folder.

    Raises:
        InputError: A file of it is damaged.
    """
    if not (run / CONFIG).is_file() or not (run / ENV).is_file():
        return None
    return Provenance.model_validate(proxy_document(run, "")["found"])


def proxy_document(run: Path, name: str) -> dict[str, Any]:
    """The proxy file of a finished run.

    Args:
        run: Its folder.
        name: Name of the proxy.

    Raises:
        InputError: The folder holds no finished run.
    """
    document, settings, versions = (_read(run / file) for file in (BEST, CONFIG, ENV))
    try:
        result = DiscoveryResult.model_validate(document)
        provenance = _provenance(result, settings, versions)
    except ValidationError as err:
        fault = err.errors(include_url=False)[0]
        raise InputError(f"{run}: expected a finished run, found no {place_in(fault['loc'])!r} as it has") from None
    except (KeyError, TypeError, ValueError) as err:
        raise InputError(f"{run}: expected a finished run, found no {reason_of(err)}") from None
    needed = named_in(result.best.formula, run_plugins(run))
    return {
        "schema": 1,
        "name": name,
        **({PLUGINS: needed} if needed else {}),
        "formula": result.best.formula,
        "higher_is_better": result.best.direction == "higher",
        "paper": "",
        "note": f"Found by {provenance.command.split()[1]} on {_where(result, settings)}.",
        "found": provenance.model_copy(update={"left_out": _left_out(run)}).model_dump(),
    }


def _left_out(run: Path) -> list[dict[str, Any]]:
    """What stands beside the run on all tables, where each was left out in turn."""
    matrix = run.resolve().parent / MATRIX
    if run.resolve().name != ALL or not matrix.is_file():
        return []
    of, remedy = "a run of each table left out", "remove it to go without"
    return evidence(read_result(LeaveOneOutResult, _read(matrix), matrix, of=of, remedy=remedy))


def _where(result: DiscoveryResult, settings: dict[str, Any]) -> str:
    others = "".join(f"; {part['table']}, protocol {part['protocol']}" for part in settings.get("beside", []))
    return f"{result.table}, protocol {result.protocol}{others}"


def _provenance(result: DiscoveryResult, settings: dict[str, Any], versions: dict[str, Any]) -> Provenance:
    ranking = [row for row in result.baselines if row.test.tau_a is not None]
    free, test = [row for row in ranking if row.labels is None], result.best.test.to_json()
    judged = result.best.test.status != UNJUDGED
    strongest = max(free, key=lambda row: row.test.tau_a or 0) if judged else None
    if result.table_sha256 is None:
        raise KeyError("table_sha256")
    return Provenance(
        # a later version may have other defaults: everything is said
        command=discovery_command(EVOLVE if "population" in settings else "enumerate", settings, {}),
        table=result.table,
        table_sha256=result.table_sha256,
        protocol=result.protocol,
        seed=result.seed,
        settings=settings,
        versions={name: version for name, version in versions.items() if name not in ("platform", PLUGINS)},
        # a run of an older version has none at matched size
        test={key: test[key] for key in FIGURES if judged and (key != CLOSE or key in test)},
        baseline={} if strongest is None else {"proxy": strongest.proxy, **brief(strongest.test)},
        controls=controls(ranking),
    )


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
