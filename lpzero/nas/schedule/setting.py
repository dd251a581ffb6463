"""What follows from the settings of a search by a schedule before the first score."""

from __future__ import annotations

from dataclasses import dataclass

from lpzero.engines import Workers
from lpzero.nas.exact import Optimum
from lpzero.nas.schedule.certain import certain_front
from lpzero.nas.schedule.chosen import Surroundings, found_again
from lpzero.nas.schedule.config import ScheduleConfig
from lpzero.nas.schedule.folder import ScheduleRunFolder
from lpzero.nas.schedule.predictor import PhasePredictor
from lpzero.nas.setting import PoolSetting, pool_setting, rng_of
from lpzero.progress import Watch
from lpzero.spaces import get_space
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table, load_table


@dataclass(frozen=True)
class ScheduleSetting(PoolSetting):
    """What follows from the settings, beside :class:`lpzero.nas.setting.PoolSetting`.

    Attributes:
        predictors: What scores, by the place that phases name.
        certain: What the first population begins with, the best by the first predictor first; none unless that is
            solved for.
    """

    config: ScheduleConfig
    predictors: tuple[PhasePredictor, ...]
    certain: tuple[Optimum, ...] = ()


def prepare_schedule(
    config: ScheduleConfig,
    run: ScheduleRunFolder | None,
    workers: Workers,
    watch: Watch,
    *,
    space: SearchSpace | None = None,
    table: Table | None = None,
) -> ScheduleSetting:
    """Load space, table and predictors.

    Args:
        config: The settings.
        run: The folder of a search that goes on, whose measured costs are known.
        workers: Where kept predictors build models.
        watch: Told how it goes.
        space: That of the settings, where it was loaded before; None to load it.
        table: Likewise.

    Raises:
        InputError: A predictor is not what it was, or of another space; a limit on a cost that there is not.
        MissingError: A table or a text is not here.
        NoResultError: Nothing fits the limits.
    """
    space = get_space(config.space, config.protocol) if space is None else space
    if config.table and table is None:
        table = load_table(config.table)
    placed = pool_setting(config, space, table, {} if run is None else run.kept_costs())
    around = Surroundings(space, placed.probe, config.corpus, config.validation, workers, watch)
    predictors = tuple(found_again(one, around) for one in config.predictors)
    # said before there is a folder
    certain: tuple[Optimum, ...] = ()
    if config.exact:
        certain = certain_front(placed, predictors[config.phases[0].predictor], config.evolution.population)
    placed.pool.sample(rng_of(config, "feasible"), set())
    return ScheduleSetting(config, space, placed.pool, placed.costs, placed.probe, placed.truth, predictors, certain)
