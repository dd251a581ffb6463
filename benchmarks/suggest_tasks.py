"""Tables to replay: what is to be found among which of their architectures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lpzero import Workers
from lpzero.acquisition.start import proxy_source
from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.fitness.regression import with_logarithms
from lpzero.metrics import METRICS
from lpzero.nas.pool import ClosedPool
from lpzero.operands.probe import Probe
from lpzero.paths import cache_home
from lpzero.predictors.description import Known, Source
from lpzero.proxy.score import shape_of
from lpzero.proxy.yardstick import strongest_count
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.features import features
from lpzero.spaces.space import SearchSpace
from lpzero.tables import load_table

ALL, HALF, BAND = "all", "smaller half", "band"
SHARE = {ALL: 0.01, HALF: 0.01, BAND: 0.03}
"""What counts as found: one of the best of this share, at least one."""
WITHIN = 1.25


@dataclass(frozen=True)
class Task:
    """Architectures to find one of the best among.

    Attributes:
        table: Name of the table.
        part: Which of its architectures.
        space: What builds the models.
        architectures: One a model.
        quality: (architectures,), in the table's direction.
        higher_is_better: That direction.
        source: What describes them, once for all.
        scoring: What scores the first ones; None for counts alone.
    """

    table: str
    part: str
    space: SearchSpace
    architectures: tuple[Architecture, ...]
    quality: np.ndarray
    higher_is_better: bool
    source: Known
    scoring: Known | None

    def of(self, part: str, chosen: Sequence[int]) -> Task:
        """Some of the architectures."""
        some = tuple(self.architectures[i] for i in chosen)
        quality = self.quality[list(chosen)]
        return Task(self.table, part, self.space, some, quality, self.higher_is_better, self.source, self.scoring)

    @property
    def oriented(self) -> np.ndarray:
        """The qualities, higher is better."""
        return self.quality if self.higher_is_better else -self.quality

    @cached_property
    def best(self) -> frozenset[int]:
        """Indices of those to find."""
        number = max(1, round(SHARE[self.part] * len(self.architectures)))
        return frozenset(np.argsort(-self.oriented, kind="stable")[:number].tolist())

    @cached_property
    def attention(self) -> np.ndarray:
        """Attention parameters of each."""
        return np.array([shape_of(self.space, one).attention_params for one in self.architectures])

    @cached_property
    def columns(self) -> np.ndarray:
        """The specification, for the ridge of the controls."""
        return with_logarithms([features(one) for one in self.architectures])[1]

    @cached_property
    def pool(self) -> ClosedPool:
        """Where suggestions come from."""
        return ClosedPool(Costs(self.space), self.architectures, CostLimits({}))

    @cached_property
    def index(self) -> dict[str, int]:
        """By digest of the architecture."""
        return {one.digest: i for i, one in enumerate(self.architectures)}

    def counted(self) -> tuple[str, int]:
        """The strongest count, which the labels choose, and the trainings in its order."""
        name = strongest_count(self.space, self.architectures, self.oriented).what
        metric = METRICS[name]
        scores = np.array([metric.score_shape(shape_of(self.space, one)) for one in self.architectures])
        order = np.argsort(-scores if metric.higher_is_better else scores, kind="stable").tolist()
        return name, 1 + min(order.index(one) for one in self.best)

    def by_chance(self) -> float:
        """Expected trainings of a random search."""
        return (len(self.architectures) + 1) / (len(self.best) + 1)


def whole(name: str, groups: Sequence[str]) -> Task:
    """The models of a table, described by groups of features; one that is listed several times has its mean quality."""
    table = load_table(name)
    space = table.search_space(None)
    listed: dict[str, list[int]] = {}
    for index, item in enumerate(table.records):
        listed.setdefault(space.model_key(item.architecture), []).append(index)
    architectures = tuple(table.records[i[0]].architecture for i in listed.values())
    quality = np.array([np.mean([table.records[i].quality for i in some]) for some in listed.values()])
    source = Source(space, tuple(groups), (), Probe(), cache_home(), Workers(jobs=1))
    scores = proxy_source(source)
    scoring = None if scores is None else Known(Remembering(scores), {})
    return Task(
        name, ALL, space, architectures, quality, table.higher_is_better, Known.of(source, architectures), scoring
    )


class Remembering:
    """Describes by a source, and no architecture twice.

    Args:
        source: Who is asked.
    """

    def __init__(self, source: Source) -> None:
        self.source, self._known = source, Known(source, {})

    @property
    def space(self) -> SearchSpace:
        """The space."""
        return self.source.space

    def describe(self, architectures: Sequence[Architecture]) -> list[Any]:
        """As that of the source."""
        found = self._known.describe(architectures)
        more = {one.digest: what for one, what in zip(architectures, found, strict=True)}
        self._known = Known(self.source, {**self._known.known, **more})
        return found


def tasks(task: Task) -> Iterator[Task]:
    """All, the half with the fewer parameters, and the fullest band of decoder parameters."""
    yield task
    params = [shape_of(task.space, one).params for one in task.architectures]
    yield task.of(HALF, sorted(np.argsort(params, kind="stable")[: len(params) // 2].tolist()))
    sizes = np.array([shape_of(task.space, one).decoder_params for one in task.architectures])
    bands = [np.flatnonzero((sizes >= least) & (sizes <= WITHIN * least)) for least in np.unique(sizes)]
    yield task.of(BAND, max(bands, key=len).tolist())


def drawn(task: Task, share: float, seed: int) -> Task:
    """A share of a table, drawn by a seed: what is found then does not hang on its two or three best."""
    rng = np.random.default_rng(derived_seed(seed, "share", task.table))
    number = len(task.architectures)
    return task.of(ALL, sorted(rng.permutation(number)[: round(share * number)].tolist()))
