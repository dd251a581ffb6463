"""What scores the architectures of a phase: a proxy, a fitted predictor, or trainings, all asked in the same way."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from lpzero.engines import Engine, Fault
from lpzero.nas.folder import TRAININGS
from lpzero.nas.ledger import Scored
from lpzero.nas.schedule.config import PredictorConfig
from lpzero.operands.probe import Probe
from lpzero.predictors import Fitted
from lpzero.progress import Watch, counting
from lpzero.proxy import Proxy
from lpzero.proxy.score import Score, ScoreTask, score_task
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables.recipe import Recipe
from lpzero.training.corpus import CorpusFiles
from lpzero.training.task import TrainingTask, read_training, train_missing


@dataclass(frozen=True)
class Answer:
    """What a predictor said of one architecture.

    Attributes:
        scored: The architecture with its one score, and a status: ``"ok"``, ``"extrapolated"``, which has a score as
            well, or what went wrong.
        seconds: Time that it took; of answers that came together, their share.
        reason: Why there is no score; empty where there is one.
    """

    scored: Scored
    seconds: float
    reason: str = ""


Arrived = Callable[[Sequence[Answer]], None]


@dataclass(frozen=True)
class Place:
    """Where a predictor works.

    Attributes:
        engine: Where models are built, run and trained.
        folder: The folder of the run.
        watch: Told how it goes.
        say: Called with a line that a person should see.
    """

    engine: Engine
    folder: Path
    watch: Watch
    say: Callable[[str], None]


class PhasePredictor(Protocol):
    """What scores the architectures of a phase."""

    @property
    def config(self) -> PredictorConfig:
        """What it is, with its direction."""
        ...

    def score(self, architectures: Sequence[Architecture], place: Place, arrived: Arrived) -> None:
        """Score architectures; ``arrived`` is called with answers the moment that they are there, in any order."""
        ...


@dataclass(frozen=True)
class ByProxy:
    """A proxy looks at the untrained model.

    Attributes:
        config: What it is.
        space: What builds the models.
        proxy: The proxy.
        probe: What they are shown.
    """

    config: PredictorConfig
    space: SearchSpace
    proxy: Proxy
    probe: Probe

    def score(self, architectures: Sequence[Architecture], place: Place, arrived: Arrived) -> None:
        """See :class:`PhasePredictor`; the seconds are those since the answer before."""
        tasks = [ScoreTask(self.space, one, self.probe, (self.proxy,)) for one in architectures]
        since = time.monotonic()

        def came(index: int, row: list[Score] | Fault) -> None:
            nonlocal since
            now = time.monotonic()
            found = row if isinstance(row, Fault) else row[0]
            value = None if isinstance(found, Fault) else found.value
            arrived([Answer(Scored(architectures[index], (value,), found.status.value), now - since, found.reason)])
            since = now

        with closing(place.engine.attempt(score_task, tasks, arrived=came)) as results:
            deque(results, maxlen=0)


@dataclass(frozen=True)
class ByFitted:
    """A predictor that was fitted before: a kept one, or the labels of a table.

    Attributes:
        config: What it is.
        fitted: The predictor.
    """

    config: PredictorConfig
    fitted: Fitted

    def score(self, architectures: Sequence[Architecture], place: Place, arrived: Arrived) -> None:
        """See :class:`PhasePredictor`."""
        del place
        started = time.monotonic()
        said = self.fitted.predict(architectures)
        seconds = (time.monotonic() - started) / max(1, len(said))
        # a reason beside a value says what is beyond the labels
        reasons = [one.reason if one.value is None else "" for one in said]
        scored = [Scored(a, (one.value,), one.status.value) for a, one in zip(architectures, said, strict=True)]
        arrived([Answer(one, seconds, reason) for one, reason in zip(scored, reasons, strict=True)])


@dataclass(frozen=True)
class ByTraining:
    """Each architecture is trained, by the recipe of the space's bundled table or a shorter one.

    Attributes:
        config: What it is.
        space: What builds the models.
        recipe: How they are trained.
        source: On what.
    """

    config: PredictorConfig
    space: SearchSpace
    recipe: Recipe
    source: CorpusFiles

    def score(self, architectures: Sequence[Architecture], place: Place, arrived: Arrived) -> None:
        """See :class:`PhasePredictor`; each training is a file of the run the moment that it ends."""
        folder = place.folder / TRAININGS / self.recipe.digest
        tasks = []
        for one in architectures:
            name = self.space.key(one)[:16]
            tasks.append(TrainingTask(self.space, self.recipe, name, one, 0, folder / f"{name}.json"))
        train_missing(tasks, self.source, place.engine, counting(place.watch, self.config.name, "trainings"), place.say)
        records = [read_training(task) for task in tasks]
        scored = [Scored(a, (one.loss,), one.status) for a, one in zip(architectures, records, strict=True)]
        arrived([Answer(one, r.seconds, r.reason) for one, r in zip(scored, records, strict=True)])


def shortened(recipe: Recipe, steps: int | None) -> Recipe:
    """A recipe with fewer steps: its warm-up is as large a share of them, and it validates behind the last one.

    Args:
        recipe: The recipe.
        steps: How many, at least 1; None for all of them.
    """
    if steps is None or steps == recipe.steps:
        return recipe
    return replace(recipe, steps=steps, warm_up=recipe.warm_up * steps // recipe.steps, points=(steps,))
