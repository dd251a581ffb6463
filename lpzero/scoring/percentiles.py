"""Where a model stands among random architectures of a space, which are scored when they are first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lpzero.engines import open_engine
from lpzero.errors import InputError
from lpzero.fitness.regret import percentile
from lpzero.operands.probe import Probe
from lpzero.progress import Watch, counting, unwatched
from lpzero.proxy import Proxy
from lpzero.proxy.score import Score, score_architectures
from lpzero.scoring.result import Percentiles
from lpzero.seeds import derived_seed
from lpzero.spaces import get_space
from lpzero.spaces.space import SearchSpace


@dataclass
class SpaceSample:
    """Random architectures of spaces, scored when they are first asked for.

    Attributes:
        number: How many of a space; 0 for no percentiles.
        within: The space for every model; None for the model's own.
        proxies: What scores them.
        probe: What they are shown.
        jobs: Worker processes.
        watch: Told how far they are.
    """

    number: int
    within: str | None
    proxies: Sequence[Proxy]
    probe: Probe
    jobs: int
    watch: Watch = unwatched
    _scored: dict[tuple[str, str], list[list[Score]]] = field(default_factory=dict)

    def percentiles(self, text: str, space: SearchSpace | None, scores: Sequence[Score]) -> Percentiles | None:
        """Where the scores stand among drawn architectures, by proxy; None without percentiles.

        A percentile is that of :func:`lpzero.fitness.regret.percentile`.

        Raises:
            InputError: The space of the model is not known.
        """
        if not self.number:
            return None
        space = space if self.within is None else get_space(self.within)
        if space is None:
            raise InputError(f"{text}: `percentiles`: its space is not known: say which one with `within`")
        rows = self._rows(space)
        of: dict[str, float | None] = {}
        for i, (proxy, mine) in enumerate(zip(self.proxies, scores, strict=True)):
            others = np.array([row[i].value for row in rows if row[i].value is not None], dtype=np.float64)
            if mine.value is None or not len(others):
                of[proxy.name] = None
            else:
                sign = 1 if proxy.higher_is_better else -1
                of[proxy.name] = float(percentile(np.array([sign * mine.value]), sign * others)[0])
        return Percentiles(space=space.name, protocol=space.protocol, drawn=self.number, of=of)

    def _rows(self, space: SearchSpace) -> list[list[Score]]:
        place = (space.reference, space.protocol)
        if place not in self._scored:
            rng = np.random.default_rng(derived_seed(self.probe.seed, "percentiles"))
            architectures = [space.sample(rng) for _ in range(self.number)]
            tell = counting(self.watch, "percentiles")
            with open_engine(None, self.jobs) as engine:
                self._scored[place] = score_architectures(
                    space, architectures, self.proxies, self.probe, engine=engine, progress=tell
                )
        return self._scored[place]
