"""Search architectures by a schedule of predictors: :func:`lpzero.search` with ``schedule``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lpzero.api.long_run import begin_or_resume, free_path, working
from lpzero.engines import Workers
from lpzero.errors import LpzeroError
from lpzero.nas.schedule.chosen import Named, named
from lpzero.nas.schedule.config import PredictorConfig, ScheduleConfig
from lpzero.nas.schedule.document import PhaseDocument, ScheduleDocument, read_schedule
from lpzero.nas.schedule.folder import ScheduleRunFolder
from lpzero.nas.schedule.result import ScheduleResult
from lpzero.nas.schedule.run import execute_schedule
from lpzero.nas.schedule.setting import ScheduleSetting, prepare_schedule
from lpzero.nas.setting import Judge
from lpzero.progress import Watch
from lpzero.run_folder import CONFIG
from lpzero.settings import check_settings, read_document
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table

_LOG = logging.getLogger(__name__)


def is_scheduled(folder: str | Path) -> bool:
    """Whether a folder is that of a search by a schedule; False where it is none, for whoever opens it to say so."""
    path = Path(folder) / CONFIG
    return path.is_file() and "phases" in read_document(path)


def search_by_schedule(
    schedule: str | Path | None,
    placed: Callable[[], tuple[SearchSpace, Table | None, dict[str, object]]],
    settings: dict[str, Any],
    *,
    output: str | Path | None,
    resume: str | Path | None,
    workers: Workers,
    watch: Watch,
    judging: Callable[[SearchSpace, str], Judge | None],
) -> ScheduleResult:
    """Begin a search by a schedule, or go on with one.

    Args:
        schedule: The ``schedule.toml``; None where one goes on.
        placed: Gives the space and the table of a new one, and the settings that say where it picks.
        settings: The other settings of :class:`lpzero.nas.config.PoolConfig`.
        output: The run folder, a new one; None for one below ``runs``.
        resume: The folder of a search that goes on; None for a new one.
        workers: Where the work runs.
        watch: Told how it goes.
        judging: What measures losses of a space, given the path of the text.

    Raises:
        InputError: The file is not what it must be, a predictor is not there, a setting is out of its range.
        MissingError: A table, the device or a text is not here.
        NoResultError: Nothing fits the limits, or a predictor scores nobody of a population.
    """
    loaded: dict[str, Any] = {}

    def begin() -> ScheduleConfig:
        assert schedule is not None
        path = Path(schedule)
        document = read_schedule(path)
        space, table, values = placed()
        loaded.update(space=space, table=table)
        phases = [_named(path, number, phase) for number, phase in enumerate(document.phases, start=1)]
        left_out = set() if table is None else set().union(*(one.chosen_on(table, space) for one in phases))
        given = {
            **settings,
            **values,
            **_settings(document, [one.config for one in phases]),
            "left_out": sorted(left_out),
        }
        return check_settings(ScheduleConfig, given)

    make, setting = begin_or_resume(
        ScheduleRunFolder,
        ScheduleConfig,
        resume=resume,
        begin=begin,
        prepare=lambda config, run: prepare_schedule(config, run, workers, watch, **loaded),
        path=lambda config, prepared: _free_path(config, prepared) if output is None else Path(output),
    )
    about = f"{setting.space.name}, protocol {setting.space.protocol}, {_planned(setting.config)}"
    with working("search", make, setting.config, about, workers) as (run, engine):
        if setting.config.left_out:
            number = len(setting.config.left_out)
            _LOG.info("%s architectures of the table are left out: a predictor was chosen on them", number)
        judge = judging(setting.space, setting.config.calibration)
        return execute_schedule(run, setting, engine=engine, watch=watch, judge=judge)


def _named(path: Path, number: int, phase: PhaseDocument) -> Named:
    """What a phase names; an error says which phase of which file it is."""
    try:
        return named(phase, path.parent)
    except LpzeroError as err:
        raise type(err)(f"{path}: phase {number}: {err}") from err


def _settings(document: ScheduleDocument, named_by_phase: Sequence[PredictorConfig]) -> dict[str, Any]:
    """The settings that a file says, each predictor once however many phases name it."""
    once = list({one.model_dump_json(): one for one in named_by_phase}.values())
    trains = named_by_phase[-1].kind == "training"
    return {
        "evolution": document.evolution.model_dump(),
        "predictors": [one.model_dump() for one in once],
        "phases": [
            {"begins": phase.from_, "predictor": once.index(one)}
            for phase, one in zip(document.phases, named_by_phase, strict=True)
        ],
        "control": not trains if document.control is None else document.control == "random",
        "exact": document.phases[0].exact,
    }


def _planned(config: ScheduleConfig) -> str:
    """What the predictors will be asked at most, before anything is."""
    sizes, parts = config.evolution, []
    ends = [*(phase.begins for phase in config.phases[1:]), sizes.iterations]
    for phase, end in zip(config.phases, ends, strict=True):
        most = sizes.population + (end - phase.begins - 1) * (sizes.mutants + sizes.crossovers)
        name = config.predictors[phase.predictor].name
        parts.append(f"at most {most:,} by {name} from iteration {phase.begins} on")
    return "; ".join(parts)


def _free_path(config: ScheduleConfig, setting: ScheduleSetting) -> Path:
    name = Path(config.table).name or setting.space.name
    return free_path(f"search-{name}-{config.protocol}-schedule-seed{config.seed}")
