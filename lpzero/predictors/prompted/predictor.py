"""LLM-PP: a language model that is shown a few trained architectures estimates another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lpzero.llm.reply import Reply
from lpzero.predictors.description import specified
from lpzero.predictors.design import Design
from lpzero.predictors.lookup import FittedLookUp, LookUp
from lpzero.predictors.prediction import LEVEL, Labelled, Prediction, PredictionStatus, failed
from lpzero.predictors.prompted.asking import Asker
from lpzero.predictors.prompted.prompt import Prompt
from lpzero.predictors.prompted.task import Task
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

LLM = "llm"


@dataclass(frozen=True)
class Prompted:
    """A language model as a predictor.

    Attributes:
        space: The space of the architectures.
        task: What is estimated.
        asker: Who is asked.
    """

    space: SearchSpace
    task: Task
    asker: Asker

    @property
    def name(self) -> str:
        """What it is called."""
        return LLM

    @property
    def cost(self) -> Literal["cheap", "expensive"]:
        """Every prediction is a call, which takes time and may take money."""
        return "expensive"

    def fit(self, labelled: Labelled) -> FittedPrompted:
        """Make the labels the demonstrations; nothing is asked."""
        design = Design.of([specified(one) for one in labelled.ordered().architectures])
        known = LookUp(self.space, LEVEL).fit(labelled)
        return FittedPrompted(self, Prompt(self.space, self.task, labelled), design, known)


@dataclass(frozen=True)
class FittedPrompted:
    """A language model with its demonstrations.

    Attributes:
        predictor: What was fitted.
        prompt: The prompt.
        design: Where an architecture is like the demonstrations.
        known: The labels.
    """

    predictor: Prompted
    prompt: Prompt
    design: Design
    known: FittedLookUp

    @property
    def name(self) -> str:
        """What it is called."""
        return self.predictor.name

    @property
    def higher_is_better(self) -> bool:
        """Which values are better."""
        return self.prompt.labelled.higher_is_better

    @property
    def in_unit(self) -> bool:
        """Its values are in the unit of the labels."""
        return True

    def predict(self, architectures: Sequence[Architecture]) -> list[Prediction]:
        """What the model says of each architecture; of a labelled one what was measured, without a call.

        The value is the mean of the samples that have one; where none has, the status is ``failed`` and the reason that
        of the last. There are no intervals.

        Raises:
            LpzeroError: The endpoint gives no reply, or a ceiling is reached (exit code 3); what came before is in the
                cache.
        """
        found = [self.known.find(architecture) for architecture in architectures]
        asked = [i for i, one in enumerate(found) if one is None]
        samples = self.predictor.asker.asking.samples
        requests = [self.prompt.request(architectures[i], sample) for i in asked for sample in range(samples)]
        replies = self.predictor.asker.ask(requests)
        for place, i in enumerate(asked):
            found[i] = self._prediction(architectures[i], replies[place * samples : (place + 1) * samples])
        return [one for one in found if one is not None]

    def _prediction(self, architecture: Architecture, replies: Sequence[Reply]) -> Prediction:
        values = np.array([reply.value for reply in replies if reply.ok], dtype=np.float64)
        missing = [f"{reply.status.value}: {reply.reason}" for reply in replies if not reply.ok]
        if not len(values):
            return failed(self.name, missing[-1])
        sd = None
        if len(values) > 1:
            sd = float(values.std(ddof=1))
            self.predictor.asker.noted(sd)
        beyond = self.design.beyond(specified(architecture))
        status = PredictionStatus.EXTRAPOLATED if beyond else PredictionStatus.OK
        less = f"{len(missing)} of {len(replies)} samples have no value, {missing[-1]}" if missing else ""
        reason = "; ".join(part for part in (beyond, less) if part)
        return Prediction(float(values.mean()), None, None, status, not beyond, self.name, reason, sd)
