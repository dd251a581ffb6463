"""Which architectures of a table a proxy was chosen on: whoever judges it by that table leaves them out."""

from __future__ import annotations

import numpy as np

from lpzero.errors import InputError
from lpzero.fitness.split import split
from lpzero.proxy.provenance import Provenance
from lpzero.proxy.proxy import Proxy
from lpzero.seeds import derived_seed
from lpzero.spaces import get_space
from lpzero.tables import Table


def chosen_on(proxy: Proxy, table: Table) -> frozenset[str]:
    """Ids of the records whose qualities decided for a proxy.

    Args:
        proxy: The proxy.
        table: A table.

    Returns:
        The search and the validation part of the run that found it; empty where it was found elsewhere, or where
        that is not known (a formula as text, a proxy of the literature).

    Raises:
        InputError: It was found on this table, and nothing says on which part of it, or the table has changed.
    """
    if proxy.found_on != table.name:
        return frozenset()
    if proxy.provenance is None:
        raise InputError(
            f"{proxy.name}: it was found on {table.name}, and this form of it does not say on which architectures: "
            "give the file that lpzero export RUN --format json writes"
        )
    return _seen(proxy.provenance, table)


def _seen(provenance: Provenance, table: Table) -> frozenset[str]:
    search, validation = (provenance.settings.get(f"{name}_size") for name in ("search", "validation"))
    if type(search) is not int or type(validation) is not int:
        raise InputError("a proxy was found by a run whose settings have no search_size and validation_size")
    if provenance.table_sha256 != table.digest:
        raise InputError(f"a proxy was found on another version of {table.name}: its records have another SHA-256")
    groups = table.groups(get_space(table.space, table.protocol(provenance.protocol)))
    parts = split(
        groups, search=search, validation=validation, rng=np.random.default_rng(derived_seed(provenance.seed, "split"))
    )
    return frozenset(table.records[i].id for i in (*parts.search, *parts.validation))
