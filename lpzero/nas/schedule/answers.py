"""What the predictors of a schedule said: none is asked twice about one model, and every call is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lpzero.nas.ledger import Scored
from lpzero.nas.schedule.folder import ScheduleRunFolder
from lpzero.nas.schedule.predictor import Answer, PhasePredictor, Place
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace


@dataclass
class Answers:
    """What one predictor said.

    Attributes:
        space: What says which architectures are one model.
        index: The place of the predictor among those of the search.
        predictor: The predictor.
        run: The folder, which keeps every answer.
        place: Where the predictor works.
        known: By key of the model: all that the folder holds, which may be more than this process has asked for.
        asked: How many answers the populations of the search needed, those that were known counted again.
        met: Keys of the models that the search asked about, in order.
        beside: Likewise the random search.
        reason: Why the first architecture without a score has none; empty where there is none.
    """

    space: SearchSpace
    index: int
    predictor: PhasePredictor
    run: ScheduleRunFolder
    place: Place
    known: dict[str, Answer]
    asked: int = 0
    met: dict[str, None] = field(default_factory=dict)
    beside: dict[str, None] = field(default_factory=dict)
    reason: str = ""

    def of(self, architectures: Sequence[Architecture], *, control: bool = False) -> list[Scored]:
        """What it says of architectures, in order; what it has not said before is kept in the folder."""
        keys = [self.space.model_key(one) for one in architectures]
        missing = {key: one for key, one in zip(keys, architectures, strict=True) if key not in self.known}

        def arrived(answers: Sequence[Answer]) -> None:
            self.run.keep_answers(self.index, answers)
            self.known.update({self.space.model_key(one.scored.architecture): one for one in answers})

        if missing:
            self.predictor.score(list(missing.values()), self.place, arrived)
        found = [self.known[key] for key in keys]
        self.reason = self.reason or next((one.reason for one in found if one.reason), "")
        (self.beside if control else self.met).update(dict.fromkeys(keys))
        self.asked += 0 if control else len(keys)
        return [one.scored for one in found]

    def said(self) -> list[Answer]:
        """The answers that the search asked for."""
        return [self.known[key] for key in self.met]
