"""Rank every formula of a branch grammar, and prove the best one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lpzero.api.discovery import completed, discovery_path
from lpzero.api.long_run import begin_or_resume, refuse_beside_resume, working, writable_cache
from lpzero.engines import Workers
from lpzero.errors import InputError
from lpzero.evolution.defaults import ENUMERATED_GRAMMAR
from lpzero.evolution.enumeration.config import EnumerateConfig
from lpzero.evolution.enumeration.folder import EnumerationRunFolder
from lpzero.evolution.enumeration.run import execute_enumeration, prepare_enumeration
from lpzero.formula.grammar import OVER_LAYERS
from lpzero.operands.available import operands_shown
from lpzero.operands.operand import WHOLE_OPERANDS
from lpzero.progress import Watch, unwatched
from lpzero.proxy.discovery import EnumerateResult
from lpzero.settings import check_settings
from lpzero.tables import Table


def enumerate_formulas(
    table: str | Path | None = None,
    *,
    space: str | None = None,
    protocol: str | None = None,
    seed: int | None = None,
    grammar: str | None = None,
    operands: Sequence[str] | None = None,
    search_size: int | None = None,
    validation_size: int | None = None,
    device: str | None = None,
    output: str | Path | None = None,
    resume: str | Path | None = None,
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
    **settings: Any,
) -> EnumerateResult:
    """Rank every formula of a grammar, the paper's where nobody says: ``lpzero enumerate``.

    Args:
        table: Table of measured qualities, a name or a folder; None for the first known one of the space.
        space: Name of the search space; None for the table's.
        protocol: Which model an architecture stands for; None for the table's first.
        seed: Seed of every random choice, at least 0; 0 where nobody says.
        grammar: ``"lpzero"``, the paper's, or ``"layered"``.
        operands: Names of the operands whose branches are enumerated; those of whole models that the space has where
            nobody says.
        search_size: Records for fitness, 12 to 256; None for a quarter of the table, at most 50.
        validation_size: Records for the choice, at least 0; None likewise.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``; the first where nobody says.
        output: The run folder, a new one; None for one below ``runs``.
        resume: The folder of a run that was stopped; its settings stay as they are.
        workers: Where the work runs; the result does not depend on it.
        watch: Told how it goes.
        settings: The other settings of :class:`lpzero.evolution.enumeration.config.EnumerateConfig`.

    Raises:
        InputError: A setting is out of its range, a name is unknown, or the folder exists.
        MissingError: The table or the device is not here.
        NoResultError: No formula ranks the splits.

    >>> enumerate_formulas("gpt2-own", grammar="typed")
    Traceback (most recent call last):
    lpzero.errors.InputError: expected the grammar lpzero or layered, found 'typed': use lpzero evolve
    """
    home = writable_cache()
    if resume is not None:
        named = {"table": table, "space": space, "protocol": protocol, "seed": seed, "grammar": grammar}
        sizes = {"search_size": search_size, "validation_size": validation_size}
        refuse_beside_resume({**named, "operands": operands, **sizes, "device": device, "output": output, **settings})
    loaded: list[Table] = []

    def begin() -> EnumerateConfig:
        chosen = grammar or ENUMERATED_GRAMMAR
        if chosen not in OVER_LAYERS:
            raise InputError(f"expected the grammar {' or '.join(OVER_LAYERS)}, found {chosen!r}: use lpzero evolve")
        facts, measured = completed(
            table=table,
            space=space,
            protocol=protocol,
            device=device or "auto",
            search_size=search_size,
            validation_size=validation_size,
            watch=watch,
        )
        loaded.append(measured)
        named = list(operands_shown(WHOLE_OPERANDS, [measured.space]) if operands is None else operands)
        values = {**settings, **facts, "seed": seed or 0, "grammar": chosen, "operands": named}
        return check_settings(EnumerateConfig, {name: value for name, value in values.items() if value is not None})

    make, setting = begin_or_resume(
        EnumerationRunFolder,
        EnumerateConfig,
        resume=resume,
        begin=begin,
        prepare=lambda config, _: prepare_enumeration(config, *loaded),
        path=lambda config, _: discovery_path(config, "enumerate") if output is None else Path(output),
    )
    about = f"{setting.table.name}, protocol {setting.space.protocol}"
    with working("enumerate", make, setting.config, about, workers) as (run, engine):
        return execute_enumeration(run, setting, home=home, engine=engine, watch=watch)
