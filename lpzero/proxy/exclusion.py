"""Which architectures of a table a proxy was chosen on: whoever judges it by that table leaves them out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from lpzero.errors import InputError
from lpzero.fitness.split import split
from lpzero.proxy.proxy import Proxy
from lpzero.seeds import derived_seed
from lpzero.tables import Table


def looked_at(proxy: Proxy, table: Table) -> frozenset[int]:
    """Indices of the records whose qualities decided for a proxy: search and validation of the run that found it.

    Args:
        proxy: The proxy.
        table: A table.

    Returns:
        Empty where it was found elsewhere, or where that is not known (a formula as text, a proxy of the literature).

    Raises:
        InputError: It was found on this table, and nothing says on which part of it, or the table has changed.
    """
    beside = None if proxy.provenance is None else proxy.provenance.part_on(table.name)
    if beside is not None and proxy.provenance is not None:
        return _parts(beside, proxy.provenance.seed, table)
    if proxy.found_on != table.name:
        return frozenset()
    if proxy.provenance is None:
        raise InputError(
            f"{proxy.name}: it was found on {table.name}, and this form of it does not say on which architectures: "
            "give the folder of its run, or the file that lpzero export RUN --format json writes"
        )
    provenance = proxy.provenance
    first = {**provenance.settings, "table_sha256": provenance.table_sha256, "protocol": provenance.protocol}
    return _parts(first, provenance.seed, table)


def chosen_on(proxy: Proxy, table: Table) -> frozenset[str]:
    """Ids of what a proxy was chosen on: the records that it looked at, and all that build a model of one of them.

    Args:
        proxy: The proxy.
        table: A table.

    Returns:
        See :func:`looked_at` and :func:`same_models`.

    Raises:
        InputError: As :func:`looked_at`.
    """
    return frozenset(table.records[i].id for i in same_models(table, looked_at(proxy, table)))


def _parts(part: Mapping[str, Any], seed: int, table: Table) -> frozenset[int]:
    """What a run saw of a table, by what its settings say of it."""
    search, validation = (part.get(f"{name}_size") for name in ("search", "validation"))
    if type(search) is not int or type(validation) is not int:
        raise InputError("a proxy was found by a run whose settings have no search_size and validation_size")
    if part["table_sha256"] != table.digest:
        raise InputError(f"a proxy was found on another version of {table.name}: its records have another SHA-256")
    groups = table.groups(table.search_space(part["protocol"]))
    parts = split(groups, search=search, validation=validation, rng=np.random.default_rng(derived_seed(seed, "split")))
    return frozenset((*parts.search, *parts.validation))


def same_models(table: Table, indices: Collection[int]) -> frozenset[int]:
    """Indices of all records that build the model of one of some records, under any protocol of the table.

    Two protocols read one listing differently: what differs under the one may be one model under another, and a proxy
    that was found under the one is judged under the other.

    Args:
        table: The table.
        indices: Some of its records.
    """
    found, given = set(indices), sorted(indices)
    for protocol in table.protocols:
        groups = table.groups(table.search_space(protocol))
        found |= set(np.flatnonzero(np.isin(groups, groups[given])).tolist())
    return frozenset(found)
