"""What several jobs begin with: the device, the probe, a table with its space, proxies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lpzero.errors import InputError, MissingError
from lpzero.operands.probe import Probe
from lpzero.proxy import Proxy, load_proxy
from lpzero.spaces import get_space
from lpzero.tables import Table, load_table

if TYPE_CHECKING:
    from lpzero.spaces.space import SearchSpace

DEVICES = ("auto", "cpu", "cuda")


def resolve_device(name: str) -> str:
    """``cpu`` or ``cuda`` for ``auto``, ``cpu`` or ``cuda``.

    Raises:
        InputError: It is another name.
        MissingError: ``cuda`` was asked for and torch sees no CUDA device.
    """
    if name not in DEVICES:
        raise InputError(f"`device`: expected one of {', '.join(DEVICES)}, found {name!r}")
    import torch

    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise MissingError("`device` cuda: torch sees no CUDA device here: use `device` cpu")
    return "cuda" if available and name != "cpu" else "cpu"


def probe_of(seed: int, batch: int, tokens: int, device: str) -> Probe:
    """The probe of a job, its device resolved; raises InputError for a value out of its range."""
    return Probe(seed=seed, batch=batch, tokens=tokens, device=resolve_device(device))


def measured_space(table: str | Path | Table, protocol: str | None) -> tuple[Table, SearchSpace]:
    """A table, and the space whose models its architectures stand for.

    Args:
        table: The table, its name or its folder.
        protocol: Which model an architecture stands for; None for the table's first.

    Raises:
        InputError: There is no such table or protocol, or the table is damaged.
        MissingError: The table is not here.
    """
    measured = table if isinstance(table, Table) else load_table(str(table))
    return measured, measured.search_space(protocol)


def table_space(table: Table, space: str | None, protocol: str | None) -> SearchSpace:
    """The space of a table, which may be named beside it, or given as its file.

    Args:
        table: The table.
        space: What :func:`lpzero.get_space` finds it by; None for what the table says.
        protocol: Which model an architecture stands for; None for the table's first.

    Raises:
        InputError: The table is of another space, its architectures do not stand for the protocol, or the file of the
            space is another one than the table was imported with.
    """
    if space is None or space == table.space:
        return table.search_space(protocol)
    found = get_space(space)
    if found.name != table.space:
        raise InputError(f"table {table.name} is of space {table.space}, found `space` {space}")
    return get_space(found.reference, table.protocol(protocol))


Given = TypeVar("Given", str, str | Path, str | Path | Proxy)


def several(given: Given | Sequence[Given]) -> Sequence[Given]:
    """What is given as one thing or as several of its kind, as several: a text is one, not its characters.

    >>> several("params"), several(["params", "depth"])
    (['params'], ['params', 'depth'])
    """
    return [given] if isinstance(given, (str, Path, Proxy)) else given


def loaded_proxies(proxies: str | Path | Proxy | Sequence[str | Path | Proxy]) -> list[Proxy]:
    """Proxies, each given as itself, or as text that :func:`lpzero.load_proxy` reads."""
    return [proxy if isinstance(proxy, Proxy) else load_proxy(str(proxy)) for proxy in several(proxies)]
