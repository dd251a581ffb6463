"""Evolve an importance: formulas of the units of a checkpoint against what single replacements cost it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpzero.api.long_run import begin_or_resume, free_path, refuse_beside_resume, whole, working
from lpzero.engines import Workers
from lpzero.progress import Watch, unwatched
from lpzero.settings import check_settings

if TYPE_CHECKING:
    from lpzero.compression.choices.config import ChoicesConfig
    from lpzero.compression.choices.evolving import ChoicesSetting
    from lpzero.compression.choices.result import ChoicesResult


def evolve_choices(
    table: str | Path | Sequence[str | Path] | None = None,
    *,
    hold_out: Sequence[str | Path] | None = None,
    output: str | Path | None = None,
    resume: str | Path | None = None,
    watch: Watch = unwatched,
    **settings: Any,
) -> ChoicesResult:
    """Evolve an importance: ``lpzero evolve`` on a table of ``lpzero tables build --choices``.

    Formulas of units are ranked on some layers of each table, chosen on these and some others, and reported on the
    rest, which nothing has looked at before, beside the importances that have a name, paired over layers. Everything is
    kept in a run folder; a run that was stopped goes on with ``resume``.

    Args:
        table: The folder of a table, or several, each of which counts the same.
        hold_out: Tables that take no part in anything but the final figures, such as that of another checkpoint.
        output: The run folder, a new one; None for one below ``runs``.
        resume: The folder of a run that was stopped; its settings stay as they are.
        watch: Told how it goes.
        settings: The other settings of :class:`lpzero.compression.choices.config.ChoicesConfig`.

    Raises:
        InputError: A table is none or has too few layers, a setting is out of its range, or the folder exists.
        NoResultError: No valid formula was found.
    """
    from lpzero.compression.choices.config import ChoicesConfig, ChoicesPart
    from lpzero.compression.choices.evolving import ChoicesRunFolder, execute, prepare
    from lpzero.compression.choices.table import read_choices

    if resume is not None:
        refuse_beside_resume({**settings, "table": table, "hold_out": hold_out, "output": output})

    def part(folder: str | Path) -> dict[str, Any]:
        found = read_choices(Path(folder))
        return ChoicesPart(table=whole(folder), records_sha256=found.card.records_sha256).model_dump()

    def begin() -> ChoicesConfig:
        several = [table] if isinstance(table, (str, Path)) else (table or ())
        values = {"tables": [part(one) for one in several], "hold_out": [part(one) for one in hold_out or ()]}
        return check_settings(ChoicesConfig, {**values, **settings})

    def path(config: ChoicesConfig, setting: ChoicesSetting) -> Path:
        named = free_path(f"{setting.tables[0].card.name}-units-{config.seed}")
        return named if output is None else Path(output)

    make, setting = begin_or_resume(
        ChoicesRunFolder,
        ChoicesConfig,
        resume=resume,
        begin=begin,
        prepare=lambda config, _: prepare(config),
        path=path,
    )
    about = ", ".join(one.card.name for one in setting.tables)
    with working("evolve", make, setting.config, about, Workers(jobs=1)) as (run, _):
        return execute(run, setting, watch)
