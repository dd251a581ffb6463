"""A predictor of the tests: a function of the architecture, which remembers whom it was asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from lpzero.engines import Serial
from lpzero.nas.ledger import Scored
from lpzero.nas.schedule.answers import Answers
from lpzero.nas.schedule.config import PredictorConfig
from lpzero.nas.schedule.folder import ScheduleRunFolder
from lpzero.nas.schedule.predictor import Answer, Arrived, Place
from lpzero.progress import unwatched
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture

SPACE = get_space("gpt2", "own")
Value = Callable[[Architecture], float | None]


def depth(architecture: Architecture) -> float | None:
    """The number of layers; of seven layers it cannot tell."""
    return None if architecture.depth == 7 else float(architecture.depth)


def width(architecture: Architecture) -> float | None:
    """The width."""
    return float(SPACE.width(architecture))


class Told:
    """Answers from behind.

    Args:
        value: What it says.
        higher_is_better: Which of that is better.
    """

    def __init__(self, value: Value = depth, *, higher_is_better: bool = True) -> None:
        self._value = value
        self.config = PredictorConfig(
            kind="proxy", name=getattr(value, "__name__", "value"), text="", higher_is_better=higher_is_better
        )
        self.asked: list[Architecture] = []

    def score(self, architectures: Sequence[Architecture], place: Place, arrived: Arrived) -> None:
        """See :class:`lpzero.nas.schedule.predictor.PhasePredictor`."""
        del place
        self.asked += architectures
        for one in reversed(architectures):
            value = self._value(one)
            status, reason = ("failed", "no value") if value is None else ("ok", "")
            arrived([Answer(Scored(one, (value,), status), 0.5, reason)])


def answers_of(folder: Path, *predictors: Told) -> list[Answers]:
    """What predictors that begin in a folder are asked through."""
    run, place = ScheduleRunFolder(folder), Place(Serial(), folder, unwatched, print)
    return [Answers(SPACE, index, predictor, run, place, {}) for index, predictor in enumerate(predictors)]
