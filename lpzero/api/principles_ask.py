"""Principles that a language model proposes, measured on a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lpzero.api.principles import KEEP, MAX_SHRINK, MOST, TOP, assembled, contrasted, limits_of, mined_from
from lpzero.api.setup import measured_space
from lpzero.errors import InputError, NoResultError
from lpzero.llm import Access, ask
from lpzero.principles import Columns, hard_rules, sizes_of, write_principles
from lpzero.principles.asking import SHOWN, Decided, decide, request_of
from lpzero.principles.check import figures_of, kept_of
from lpzero.principles.remaining import DRAWS, remaining
from lpzero.principles.result import AskResult
from lpzero.progress import Watch, unwatched
from lpzero.seeds import derived_seed
from lpzero.settings import one_line
from lpzero.tables import Table

TOLD = 3
"""Dropped rules whose reasons a message gives."""


def ask_principles(
    table: str | Path | Table,
    output: str | Path,
    access: Access,
    *,
    protocol: str | None = None,
    top: str | float = TOP,
    at_size: float | None = None,
    keep: float = KEEP,
    max_shrink: float = MAX_SHRINK,
    floor: float = 0.0,
    most: int = MOST,
    shown: int = SHOWN,
    or_mine: bool = False,
    seed: int = 0,
    watch: Watch = unwatched,
) -> AskResult:
    """Ask a language model for principles of a table, and keep those that the table bears out.

    It is shown a sample of the top and of the rest, the features of the space and the operators of rules; what it says
    is data. ``lpzero principles ask`` does the same.

    Args:
        table: A table, its name or its folder.
        output: The file to write, ``.json``: what survives, advice, and what was dropped with the reason.
        access: Which model is asked, and within which limits.
        protocol: As of :func:`lpzero.mine_principles`, as are the others below.
        top: What the top is.
        at_size: Compare at equal size.
        keep: Share of the top that stays, at least.
        max_shrink: Share of the space that may go, at most.
        floor: Share of the space that stays, at least.
        most: Rules, at most.
        shown: Architectures of the top, and of the rest, that the model is shown at most, at least 1: fewer where what
            it reads at once is short.
        or_mine: Mine the table where nothing of what the model says survives.
        seed: Seed of everything random, and of the model's draws.
        watch: Told how it goes.

    Raises:
        InputError: As :func:`lpzero.mine_principles`.
        MissingError: The table or the model is not here.
        NoResultError: No proposal survives and ``or_mine`` is not asked for, or nothing is mined either; nothing is
            written.
    """
    path = Path(output)
    if path.suffix != ".json":
        raise InputError(f"`output`: expected a file that ends in .json, found {path.name!r}")
    limits = limits_of(keep, max_shrink, floor, most, seed)
    if shown < 1:
        raise InputError(f"`shown`: expected at least 1, found {shown}")
    measured, space = measured_space(table, protocol)
    sizes = sizes_of(space, [record.architecture for record in measured.records], watch)
    found = contrasted(measured, space, sizes, top, at_size)
    reply = ask(request_of(found, measured.quality, seed, shown), access)
    rng = np.random.default_rng(derived_seed(seed, "principles", "space"))
    drawn = Columns(space, [space.sample(rng) for _ in range(DRAWS)])
    decided = decide(reply.value.principles if reply.ok else [], found, drawn, limits, seed)
    principles, by_miner = list(decided.principles), decided.survived == 0
    if by_miner and or_mine:
        principles += mined_from(found, limits, seed, watch)
    if not any(one.status == "active" for one in principles):
        why = reply.reason or f"none of {decided.proposed} rules is borne out by {measured.name}{_reasons(decided)}"
        raise NoResultError(f"{access.endpoint.model}: {why}: try another model, or `or_mine`")
    document = assembled(measured, space, principles, found, at_size, seed)
    by = {"by": "miner" if by_miner else "model", "model": access.endpoint.model}
    document = document.model_copy(update={"source": document.source.model_copy(update=by)})
    write_principles(path, document)
    rules = hard_rules(document)
    return AskResult(
        schema_=1,
        path=str(path),
        space=space.name,
        protocol=space.protocol,
        seed=seed,
        model=access.endpoint.model,
        status=reply.status.value,
        reason=reply.reason or None,
        proposed=decided.proposed,
        survived=decided.survived,
        by="miner" if by_miner else "model",
        source=kept_of(measured.name, found, rules),
        remaining=figures_of(remaining(space, rules, seed)),
        document=document.model_dump(mode="json", by_alias=True, exclude_none=True),
    )


def _reasons(decided: Decided) -> str:
    """Why rules were dropped, of the first few."""
    told = [f"{one.id}: {one_line(one.history[0].reason, 160)}" for one in decided.principles if one.history]
    return f" ({'; '.join(told[:TOLD])}{'; ...' if len(told) > TOLD else ''})" if told else ""
