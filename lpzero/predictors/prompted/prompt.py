"""The prompt of LLM-PP, in words of our own, for any space: role, instructions, definitions, demonstrations, query.

The five parts are those of "LLM Performance Predictors are good initializers for architecture search" (Jawahar et al.
2023). They are made of what the space declares and of the labels, which are the demonstrations. Neither the table nor
the data are named, and there are no examples of the task: what helps has to come from the demonstrations. Where the
paper tells the operations of a forward pass there are the parameters, which cost no pass to count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from lpzero.errors import InputError
from lpzero.llm.numbers import Number
from lpzero.llm.request import Request
from lpzero.llm.text import clean_line, fill
from lpzero.predictors.prediction import Labelled
from lpzero.predictors.prompted.definitions import cost, definitions, described
from lpzero.predictors.prompted.task import Task, kind_of
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

PARTS = ("role", "instructions", "definitions", "demonstrations", "query")
"""The parts of a prompt, in their order."""
ROOM = 1.0
"""How far beyond the demonstrations a plausible value lies at most, as a share of their range."""
_ROLE = (
    "You estimate how good neural networks will be once they are trained. Each is a $kind, described by its "
    "hyperparameters. Estimate the $quality of one that has not been trained."
)
_INSTRUCTIONS = """\
1. The measure is $quality$unit; $better values are better.
2. All networks are trained by one recipe: the same data, the same steps, the same optimiser. They differ in the \
hyperparameters that are defined below, and in nothing else.
3. Million parameters are those outside the embeddings.
4. Below are $number trained networks with their measure. Work out how it depends on the hyperparameters and on the \
parameters, and estimate the last network by that.
5. The trained networks lie between $least and $most. An estimate outside $low to $high is not plausible."""
_DEFINITIONS = "Hyperparameters:\n$lines"
_TRAINED = "Trained network $index\n$lines\n$quality: $value"
_QUERY = "Network to estimate\n$lines\n\n$instruction\n$quality:"


@dataclass(frozen=True)
class Prompt:
    """Makes requests for architectures of one space by the same demonstrations.

    Attributes:
        space: The space.
        task: What is estimated.
        labelled: The demonstrations; they stand in the prompt in an order of their own, whatever this one is.
    """

    space: SearchSpace
    task: Task
    labelled: Labelled

    @cached_property
    def decimals(self) -> int:
        """Decimals of a quality in the prompt: of the demonstrations' range three digits are seen."""
        reach = float(self.labelled.quality.max() - self.labelled.quality.min())
        return 4 if reach == 0 else min(12, max(0, 2 - math.floor(math.log10(reach))))

    @cached_property
    def expected(self) -> Number:
        """What a reply has to be: one number, in the range of the demonstrations or as far from it as that is wide."""
        least, most = float(self.labelled.quality.min()), float(self.labelled.quality.max())
        room = ROOM * (most - least) or abs(most) or 1.0
        low, high = (round(end, self.decimals) for end in (least - room, most + room))
        return Number(low, high, clean_line(self.task.quality))

    @cached_property
    def _fixed(self) -> tuple[str, ...]:
        """The four parts that all architectures share."""
        task, ordered = self.task, self.labelled.ordered()
        qualities = ordered.quality.tolist()
        values = {
            "quality": task.quality,
            "unit": f", in {clean_line(task.unit)}" if task.unit.strip() else "",
            "better": "higher" if task.higher_is_better else "lower",
            "number": len(qualities),
            "least": self._number(min(qualities)),
            "most": self._number(max(qualities)),
            "low": self._number(self.expected.low),
            "high": self._number(self.expected.high),
        }
        shown = [
            fill(
                _TRAINED,
                {"index": index, "quality": task.quality, "value": self._number(quality)},
                {"lines": self._lines(one)},
            )
            for index, (one, quality) in enumerate(zip(ordered.architectures, qualities, strict=True), start=1)
        ]
        return (
            fill(_ROLE, {"kind": kind_of(self.space), "quality": task.quality}),
            fill(_INSTRUCTIONS, values),
            fill(_DEFINITIONS, {}, {"lines": definitions(self.space)}),
            "\n\n".join(shown),
        )

    @cached_property
    def _models(self) -> frozenset[str]:
        """The keys of the demonstrated models."""
        return frozenset(map(self.space.model_key, self.labelled.architectures))

    def parts(self, architecture: Architecture) -> tuple[str, ...]:
        """The five parts for one architecture, in the order of ``PARTS``.

        Raises:
            InputError: It is one of the demonstrations, which would tell what is asked for.
        """
        if self.space.model_key(architecture) in self._models:
            raise InputError("expected a network to estimate that is not among the demonstrations, found one that is")
        parts = {"lines": self._lines(architecture), "instruction": self.expected.instruction}
        return (*self._fixed, fill(_QUERY, {"quality": self.task.quality}, parts))

    def request(self, architecture: Architecture, sample: int = 0) -> Request:
        """What is sent for one architecture; raises InputError as :meth:`parts` does.

        Args:
            architecture: The architecture.
            sample: Which of several replies this is, from 0 on.
        """
        return Request.of(self.parts(architecture), self.expected, sample=sample)

    def _lines(self, architecture: Architecture) -> str:
        return f"{described(self.space, architecture)}\n{cost(self.space, architecture)}"

    def _number(self, quality: float) -> str:
        return f"{quality:.{self.decimals}f}"
