"""Principles after new results."""

from __future__ import annotations

from pathlib import Path

from lpzero.api.principles import TOP, contrasted, used_space
from lpzero.errors import InputError
from lpzero.principles import read_principles, refuse_unusable, sizes_of, write_principles
from lpzero.principles.adapting import adapt
from lpzero.principles.document import Principles
from lpzero.tables import TABLES, Table, load_table


def adapt_principles(
    path: str | Path,
    results: str | Path | Table,
    output: str | Path,
    *,
    space: str | None = None,
    top: str | float = TOP,
    stalled: bool = False,
    seed: int = 0,
) -> Principles:
    """Measure principles on new results and relax those that no longer hold: ``lpzero principles adapt``.

    Args:
        path: A file of principles.
        results: What this run trained: a table, or its folder. A table that is known by name is refused, since its
            labels were not paid for.
        output: The file to write, ``.json``, another than ``path``: every version is kept.
        space: What finds the space, where it is a file or a checkpoint.
        top: What the top of the results is.
        stalled: Whether the search no longer finds better ones: then the least stable hard rule is relaxed.
        seed: Seed of the intervals, at least 0.

    Raises:
        InputError: A file is unusable, the results are of another space or known by name, or ``output`` exists.
    """
    target = Path(output)
    if target.suffix != ".json" or target.exists():
        found = "one that exists" if target.exists() else repr(target.name)
        raise InputError(f"`output`: expected a new file that ends in .json, found {found}")
    if seed < 0:
        raise InputError(f"`seed`: expected at least 0, found {seed}")
    if not isinstance(results, Table) and str(results) in TABLES:
        raise InputError(f"`results`: expected the folder of what this run trained, found the known table {results}")
    principles = read_principles(Path(path))
    place = used_space(principles, space, None, Path(path))
    refuse_unusable(principles, place, path)
    measured = results if isinstance(results, Table) else load_table(str(results))
    if measured.space != place.name:
        raise InputError(f"`results`: expected a table of {place.name}, found one of {measured.space}")
    at_size = principles.source.at_size
    sizes = None if at_size is None else sizes_of(place, [record.architecture for record in measured.records])
    adapted = adapt(principles, contrasted(measured, place, sizes, top, at_size), seed, stalled=stalled)
    write_principles(target, adapted)
    return adapted
