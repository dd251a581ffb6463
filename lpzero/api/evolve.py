"""Discover a proxy: evolve formulas against a table of trained architectures."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lpzero.api.discovery import completed, discovery_path, table_part
from lpzero.api.long_run import begin_or_resume, refuse_beside_resume, working, writable_cache
from lpzero.callbacks import Callback, Callbacks
from lpzero.engines import Workers
from lpzero.errors import InputError
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.enumeration.pairs import LARGEST_SPLIT, SMALLEST_SPLIT
from lpzero.evolution.folder import EvolutionRunFolder
from lpzero.evolution.run import execute, prepare_together
from lpzero.evolution.start import check_sealed
from lpzero.evolution.together import Together
from lpzero.formula.brought import brought_primitives
from lpzero.formula.grammar import OVER_LAYERS, WEIGHTED
from lpzero.operands.brought import brought_operands
from lpzero.progress import Watch, unwatched
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.discovery import EvolveResult
from lpzero.settings import check_settings
from lpzero.tables import Table, named_table

_LOG = logging.getLogger(__name__)


def evolve(
    table: str | Path | Sequence[str | Path] | None = None,
    *,
    space: str | None = None,
    protocol: str | None = None,
    seed: int | None = None,
    search_size: int | None = None,
    validation_size: int | None = None,
    start: str | None = None,
    seed_formulas: Sequence[str | Path | Proxy] | None = None,
    primitives: Sequence[str] | None = None,
    operands: Sequence[str] | None = None,
    hold_out: Sequence[str | Path] | None = None,
    principles: str | Path | None = None,
    device: str | None = None,
    output: str | Path | None = None,
    resume: str | Path | None = None,
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
    callbacks: Sequence[Callback] = (),
    **settings: Any,
) -> EvolveResult:
    """Discover a proxy: ``lpzero evolve``.

    Formulas are searched on one split of the table, chosen on that and a second one, and reported on the rest, which
    nothing has looked at before. Everything is kept in a run folder; a run that was stopped goes on with ``resume``.

    Args:
        table: Table of measured qualities, a name or a folder; None for the first known one of the space. Several are
            ranked at once: pairs never cross tables, and each counts the same; behind a name there may be a colon and
            a protocol.
        space: Name of the search space; None for the table's.
        protocol: Which model an architecture stands for; None for the table's first.
        seed: Seed of every random choice, at least 0; 0 where nobody says.
        search_size: Records for fitness, at least 4; None for a quarter of the table, at most 50.
        validation_size: Records for the choice, at least 0; None likewise.
        start: ``"enumeration"`` or ``"random"``; None for the former, which needs 12 to 256 architectures to search,
            but for the grammar ``weighted``.
        seed_formulas: Formulas to begin with: texts, proxies, or what :func:`lpzero.load_proxy` reads.
        primitives: Primitives of installed packages that formulas may have; None for all that are for searches, in the
            grammars ``typed`` and ``weighted``.
        operands: Operands of installed packages, likewise.
        hold_out: Tables that take no part in anything but the final figures, written alike.
        principles: A file of principles: records that break its hard rules take no part, neither in the search nor in
            the sealed test, so that the formula is one for where they hold. All tables have to be of its space.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``; the first where nobody says.
        output: The run folder, a new one; None for one below ``runs``.
        resume: The folder of a run that was stopped; its settings stay as they are.
        workers: Where the work runs; the result does not depend on it.
        watch: Told how it goes.
        callbacks: Told of begin, generations and end, such as trackers (:mod:`lpzero.trackers`); may end the evolution.
        settings: The other settings of :class:`lpzero.evolution.config.EvolveConfig`.

    Raises:
        InputError: A setting is out of its range, a name is unknown, or the folder exists.
        MissingError: The table or the device is not here.
        NoResultError: No valid formula was found, or no record keeps the principles.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home:
    ...     result = evolve(
    ...         "gpt2-own", output=f"{home}/run", start="random", population=8, islands=1, generations=1,
    ...         search_size=8, validation_size=4, batch=2, tokens=8, elements=64,
    ...     )
    >>> result.best.direction in ("higher", "lower"), result.best.test.n
    (True, 116)
    """
    home = writable_cache()
    given: dict[str, object] = {
        **settings,
        "seed": seed,
        "start": start,
        "table": table,
        "space": space,
        "protocol": protocol,
        "search_size": search_size,
        "validation_size": validation_size,
        "seed_formulas": seed_formulas,
        "primitives": primitives,
        "operands": operands,
        "hold_out": hold_out,
        "principles": principles,
        "device": device,
    }
    if resume is not None:
        refuse_beside_resume({**given, "output": output})
    first, *others = [table] if table is None or isinstance(table, (str, Path)) else table
    if others and (space is not None or protocol is not None):
        raise InputError("`space` and `protocol` are of one table: write several tables as NAME:PROTOCOL")
    loaded: list[Table] = []
    seeds = [(str(text), _seed_formula(text)) for text in seed_formulas or ()]

    def begin() -> EvolveConfig:
        sizes: dict[str, Any] = {"search_size": search_size, "validation_size": validation_size}
        name, stated = (first, protocol) if protocol is not None or first is None else named_table(str(first))
        facts, measured = completed(
            table=name,
            space=space,
            protocol=stated,
            device=device or "auto",
            **sizes,
            principles=principles,
            watch=watch,
        )
        loaded.append(measured)
        told: dict[str, Any] = {"principles": principles, "watch": watch}
        beside = [table_part(str(one), loaded, **sizes, **told) for one in others]
        held = [table_part(str(one), loaded, search_size=4, validation_size=0, **told) for one in hold_out or ()]
        texts = [str(proxy.formula) for _, proxy in seeds]
        weighted = settings.get("grammar") == WEIGHTED
        searched = facts["search_size"] + sum(part["search_size"] for part in beside)
        begun = start or ("enumeration" if weighted else _possible_start(searched))
        values = {**settings, **facts, "seed": seed or 0, "start": begun, "seed_formulas": texts}
        branched = settings.get("grammar") in OVER_LAYERS
        values["primitives"] = _drawn("primitives", primitives, () if branched else brought_primitives())
        values["operands"] = _drawn("operands", operands, () if branched else brought_operands())
        values |= {"beside": beside, "hold_out": held}
        return check_settings(EvolveConfig, {name: value for name, value in values.items() if value is not None})

    def prepared(config: EvolveConfig, _run: EvolutionRunFolder | None) -> Together:
        together = prepare_together(config, loaded)
        for text, proxy in seeds:
            for setting in (*together.settings, *together.held_out):
                check_sealed(text, proxy, setting)
        return together

    make, together = begin_or_resume(
        EvolutionRunFolder,
        EvolveConfig,
        resume=resume,
        begin=begin,
        prepare=prepared,
        path=lambda config, _: discovery_path(config, config.grammar) if output is None else Path(output),
    )
    about = ", ".join(f"{one.table.name}, protocol {one.space.protocol}" for one in together.settings)
    with working("evolve", make, together.config, about, workers) as (run, engine):
        return execute(run, together, home=home, engine=engine, watch=watch, callbacks=Callbacks(tuple(callbacks)))


def _drawn(what: str, named: Sequence[str] | None, usable: Sequence[str]) -> list[str]:
    """What of other packages formulas may have: what is named, or all."""
    if named is not None:
        return list(named)
    if usable:
        _LOG.info("%s of installed packages take part: %s", what, ", ".join(usable))
    return list(usable)


def _possible_start(size: int) -> str:
    """An enumeration, where one is possible."""
    if SMALLEST_SPLIT <= size <= LARGEST_SPLIT:
        return "enumeration"
    _LOG.info("start random: an enumeration ranks %s to %s architectures, here %s", SMALLEST_SPLIT, LARGEST_SPLIT, size)
    return "random"


def _seed_formula(given: str | Path | Proxy) -> Proxy:
    """The proxy that a text, a name, a file or a run stands for, which must be a formula."""
    proxy = given if isinstance(given, Proxy) else load_proxy(str(given))
    if proxy.formula is None:
        raise InputError(f"`seed_formulas` {given}: expected a formula, found a coded metric")
    return proxy
