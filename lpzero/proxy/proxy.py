"""A proxy: a formula or a coded metric with a direction, from a name, a file, a finished run or text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from lpzero import plugins
from lpzero.errors import InputError, unknown_name
from lpzero.formula import Formula, parse
from lpzero.metrics import METRICS, get_metric, is_metric
from lpzero.operands.brought import is_operand
from lpzero.proxy.discovery import BestFormula
from lpzero.proxy.provenance import BEST, Provenance, run_provenance
from lpzero.result import Direction
from lpzero.run_folder import run_plugins
from lpzero.settings import one_line, parse_json, place_in, read_bounded, reason_of, shorten

if TYPE_CHECKING:
    from importlib.abc import Traversable

USUAL = "snip"
"""The proxy where nobody names one: of all that was compared it ranks tables best that nobody has labels of, on
six tables of decoders, each left out in turn (docs/figures.md)."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Proxy:
    """A score for untrained models.

    Attributes:
        name: Its name; the text of the formula where it has no other.
        formula: The formula; None for a coded metric.
        metric: Name of the coded metric; None for a formula.
        higher_is_better: Its direction.
        paper: Where it comes from; empty where that is not known.
        note: What to know about it; empty where there is nothing.
        found_on: Name of the table that it was found on; empty where it was not found on one, or that is not known.
        provenance: Where a discovered proxy comes from, as its file says; None where it does not.
    """

    name: str
    formula: Formula | None
    metric: str | None
    higher_is_better: bool
    paper: str = ""
    note: str = ""
    found_on: str = ""
    provenance: Provenance | None = field(default=None, compare=False, repr=False)

    @property
    def direction(self) -> Direction:
        """``"higher"`` or ``"lower"``: which scores are better."""
        return "higher" if self.higher_is_better else "lower"

    @property
    def found_tables(self) -> tuple[str, ...]:
        """Names of all tables that it was found on; none where it was not found on one, or that is not known."""
        if self.provenance is not None:
            return tuple(self.provenance.tables)
        return (self.found_on,) if self.found_on else ()

    @property
    def needs_pass(self) -> bool:
        """Whether a model must be built and run for it."""
        return self.metric is None or get_metric(self.metric).needs != "shape"

    @property
    def needs_text(self) -> bool:
        """Whether the model is shown text for it."""
        return self.metric is not None and get_metric(self.metric).needs == "text"


class _Document(BaseModel):
    """A proxy file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    schema_: int
    name: str
    formula: str
    higher_is_better: bool
    paper: str = ""
    note: str = ""
    plugins: list[dict[str, str]] = []
    found: Provenance | None = None


def proxy_names() -> tuple[str, ...]:
    """The names of the shipped proxies that are formulas, sorted."""
    return tuple(sorted(_shipped()))


@lru_cache(maxsize=1)
def _shipped() -> dict[str, str]:
    """Text of every shipped proxy file by its name."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file():
        return dict(_files(checkout / "proxies"))
    return dict(_files(resources.files("lpzero.proxies")))


def _files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Name and text of every proxy file: those in a folder have its name and a slash before theirs."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".json"):
            yield prefix + entry.name.removesuffix(".json"), entry.read_text(encoding="utf-8")


def _from_document(text: str, place: str) -> Proxy:
    try:
        raw = parse_json(text)
    except ValueError as err:
        raise InputError(f"{place}: expected a JSON object with a proxy, found {reason_of(err)}") from None
    if not isinstance(raw, dict):
        raise InputError(f"{place}: expected a JSON object with a proxy, found {type(raw).__name__}")
    if isinstance(raw.get("best"), dict):
        return _from_run(raw, place)
    renamed = {("schema_" if key == "schema" else key): value for key, value in raw.items()}
    try:
        document = _Document.model_validate(renamed)
    except ValidationError as err:
        first = err.errors(include_url=False)[0]
        name = place_in(first["loc"][:1]).rstrip("_") or "document"
        raise InputError(f"{place}: {name}: {one_line(first['msg'])}") from None
    if document.schema_ != 1:
        raise InputError(f"{place}: expected schema 1, found {shorten(document.schema_)}")
    plugins.require(document.plugins, place)
    return Proxy(
        document.name,
        _parsed(document.formula, place),
        None,
        document.higher_is_better,
        document.paper,
        document.note,
        "" if document.found is None else document.found.table,
        document.found,
    )


def _from_run(raw: dict[str, Any], place: str) -> Proxy:
    try:
        best = BestFormula.model_validate(raw["best"])
    except ValidationError:
        raise InputError(f"{place}: expected a finished run with best.formula and best.direction") from None
    table = raw.get("table")
    if Path(place).name == BEST:
        plugins.require(plugins.named_in(best.formula, run_plugins(Path(place).parent)), place)
    return Proxy(
        best.formula,
        _parsed(best.formula, place),
        None,
        best.direction == "higher",
        note=f"found by the run of {place}",
        found_on=table if isinstance(table, str) else "",
        provenance=run_provenance(Path(place).parent) if Path(place).name == BEST else None,
    )


def _parsed(text: str, place: str) -> Formula:
    try:
        return parse(text)
    except InputError as err:
        raise InputError(f"{place}: {err}") from None


def load_proxy(text: str) -> Proxy:
    """Find a proxy.

    Args:
        text: The name of a coded metric, which may be told something (``hidden_covariance[layer=2]``), or of a shipped
            proxy, the path of a proxy file (``.json``), the folder of a finished run, or a formula. A formula counts as
            higher-is-better.

    Raises:
        InputError: Unknown name (the valid ones are listed), damaged file, or a text that is no formula.

    >>> load_proxy("depth").direction, str(load_proxy("sum(l1(weight * grad))").formula)
    ('higher', 'sum(l1(weight * grad))')
    """
    # the names of the package come first, whatever else is installed
    if text in _shipped():
        return _from_document(_shipped()[text], f"proxies/{text}.json")
    if is_metric(text):
        metric = get_metric(text)
        return Proxy(metric.name, None, metric.name, metric.higher_is_better, metric.paper)
    if _NAME.fullmatch(text) and not is_operand(text) and not _is_there(text):
        raise unknown_name("proxy", text, [*METRICS, *proxy_names()])
    path = _existing(text)
    if path is not None:
        return _from_document(_read(path), str(path))
    if text.endswith(".json"):
        raise InputError(f"{text}: no such proxy file")
    if _is_folder(text):
        raise InputError(f"{text}: expected the folder of a finished run with best.json, found none")
    formula = parse(text)
    return Proxy(str(formula), formula, None, higher_is_better=True)


def _is_there(text: str) -> bool:
    return _existing(text) is not None or _is_folder(text)


def _is_folder(text: str) -> bool:
    try:
        return Path(text).is_dir()
    except (OSError, ValueError):
        return False


def _existing(text: str) -> Path | None:
    """The file that a text names: itself, or the result in a run folder."""
    try:
        path = Path(text)
        if path.is_dir():
            path = path / BEST
        return path if path.is_file() else None
    except (OSError, ValueError):
        return None


def _read(path: Path) -> str:
    try:
        return read_bounded(path)
    except (OSError, ValueError) as err:
        raise InputError(f"{path}: cannot be read: {err}") from None
