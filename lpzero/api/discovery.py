"""The defaults of a discovery: the table of a space, its protocol, how many records are for what."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from lpzero.api.long_run import free_path, whole
from lpzero.api.setup import resolve_device, table_space
from lpzero.errors import InputError
from lpzero.evolution.defaults import LARGEST_PART
from lpzero.evolution.discovery.config import TableConfig
from lpzero.evolution.discovery.setting import records_inside
from lpzero.principles.refined import refined_by_file
from lpzero.progress import Watch, unwatched
from lpzero.spaces import SPACES, get_space
from lpzero.tables import TABLES, Table, fetch, find, load_table, named_table

_LOG = logging.getLogger(__name__)


def completed(
    *,
    table: str | Path | None,
    space: str | None,
    protocol: str | None,
    device: str,
    search_size: int | None,
    validation_size: int | None,
    principles: str | Path | None = None,
    watch: Watch = unwatched,
) -> tuple[dict[str, Any], Table]:
    """Complete the settings of a discovery by what follows from its table.

    Args:
        table: Name or folder of the table; None for the first known one of the space.
        space: Name of the search space; None for the table's.
        protocol: Which model an architecture stands for; None for the table's first.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        search_size: Records for fitness; None for a quarter of the table, at most 50.
        validation_size: Records for the choice; None likewise.
        principles: A file of principles, which the records keep that take part; a quarter is one of these.
        watch: Told how a download goes, where the table is not here.

    Returns:
        The settings by name, and the table.

    Raises:
        InputError: Unknown name, a table of another space, or principles that are unusable there.
        MissingError: The table or the device is not here.
        NoResultError: No record keeps the principles.
    """
    name = str(table) if table is not None else default_table(space, protocol)
    _fetch_if_nowhere(name, watch)
    measured = load_table(name)
    chosen = table_space(measured, space, protocol)
    document = None if principles is None else refined_by_file(chosen, principles).document
    quarter = max(4, min(LARGEST_PART, len(records_inside(measured, chosen, document)) // 4))
    settings: dict[str, Any] = {
        "space": measured.space,
        "protocol": chosen.protocol,
        "table": name if name in TABLES else whole(name),
        "device": resolve_device(device),
        "search_size": quarter if search_size is None else search_size,
        "validation_size": quarter if validation_size is None else validation_size,
    }
    if document is not None:
        settings["principles"] = document
    return settings, measured


def table_part(
    text: str,
    loaded: list[Table],
    *,
    search_size: int | None,
    validation_size: int | None,
    principles: str | Path | None = None,
    watch: Watch,
) -> dict[str, Any]:
    """What the settings say of a table beside the first.

    Args:
        text: Name or folder, perhaps a colon and a protocol.
        loaded: The table is added to these.
        search_size: Records for fitness; None for a quarter of the table, at most 50.
        validation_size: Records for the choice; None likewise.
        principles: A file of principles, as of :func:`completed`.
        watch: Told how a download goes.

    Raises:
        InputError: Unknown name.
        MissingError: The table is not here.
    """
    name, protocol = named_table(text)
    facts, measured = completed(
        table=name,
        space=None,
        protocol=protocol,
        device="cpu",
        search_size=search_size,
        validation_size=validation_size,
        principles=principles,
        watch=watch,
    )
    loaded.append(measured)
    kept = {key: facts[key] for key in ("table", "space", "protocol", "search_size", "validation_size")}
    return {**kept, "table_sha256": measured.digest}


def default_table(space: str | None, protocol: str | None) -> str:
    """The first known table of a space whose architectures stand for a protocol; raises InputError without any."""
    if space is None:
        raise InputError(f"`space` is missing: expected one of {', '.join(SPACES)}, or a `table`")
    wanted = get_space(space, protocol)
    names = [e.name for e in TABLES.values() if e.space == wanted.name and protocol in (None, *e.protocols)]
    if not names:
        models = "" if protocol is None else f" on the models of {protocol}"
        raise InputError(f"no known table of {space} was measured{models}: give a `table`")
    return names[0]


def _fetch_if_nowhere(name: str, watch: Watch) -> None:
    """Download the table where it is not here and no folder is named for it."""
    if name in TABLES and find(TABLES[name]) is None and "LPZERO_DATA" not in os.environ:
        _LOG.info("table %s is not here: fetching it, as lpzero tables fetch %s does", name, name)
        fetch(name, watch=watch)


def discovery_path(config: TableConfig, name: str) -> Path:
    """A run folder that is not there yet, named after what is searched."""
    return free_path(f"{Path(config.table).name}-{config.protocol}-{name}-seed{config.seed}")
