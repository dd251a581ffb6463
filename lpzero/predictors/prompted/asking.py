"""A language model that is asked many times: how, as a value, and what came of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from lpzero.errors import InputError
from lpzero.llm.access import Access
from lpzero.llm.language_model import LanguageModel
from lpzero.llm.ledger import Spent
from lpzero.llm.reading import ReplyStatus
from lpzero.llm.reply import Reply
from lpzero.llm.request import Request
from lpzero.predictors.result import AskedFigures
from lpzero.progress import Watch, counting, unwatched

MOST_SAMPLES = 100
MOST_AT_ONCE = 64


@dataclass(frozen=True)
class Asking:
    """How a predictor asks a language model.

    Attributes:
        access: Who is asked, from which cache, within which ceilings.
        samples: Replies for each architecture, whose mean is the value; more than one needs a temperature above 0.
        at_once: Requests that are under way at the same time.

    Raises:
        InputError: A number is out of its range.
    """

    access: Access
    samples: int = 1
    at_once: int = 1

    def __post_init__(self) -> None:
        for name, most in (("samples", MOST_SAMPLES), ("at_once", MOST_AT_ONCE)):
            found = getattr(self, name)
            if not 1 <= found <= most:
                raise InputError(f"`{name}`: expected from 1 to {most}, found {found}")
        if self.samples > 1 and self.access.endpoint.temperature == 0:
            raise InputError("`samples`: at a `temperature` of 0 all would say the same: give one above 0, such as 0.7")

    @contextmanager
    def open(self, watch: Watch = unwatched) -> Iterator[Asker]:
        """Open the model for a block; raises as :meth:`lpzero.llm.Access.open` does."""
        with self.access.open() as model:
            yield Asker(model, self, watch)


class Asker:
    """Asks, says how far it is, and counts what came back.

    Args:
        model: An open model.
        asking: How it is asked.
        watch: Told how it goes.
    """

    def __init__(self, model: LanguageModel, asking: Asking, watch: Watch = unwatched) -> None:
        self.asking = asking
        self._model, self._watch = model, watch
        self._before = model.ledger.spent
        self._guard = threading.Lock()
        self._statuses: Counter[str] = Counter()
        self._cached = self._repaired = 0
        self._deviations: list[float] = []

    def ask(self, requests: Sequence[Request]) -> list[Reply]:
        """Ask, and return the replies in the order of the requests.

        Raises:
            LpzeroError: As :meth:`lpzero.llm.language_model.LanguageModel.ask` does; what came before is in the cache.
        """
        told = counting(self._watch, "asking", "replies")
        replies: list[Reply] = []
        told(0, len(requests))
        for begin in range(0, len(requests), self.asking.at_once):
            part = requests[begin : begin + self.asking.at_once]
            replies += self._model.ask_all(part, at_once=len(part))
            told(len(replies), len(requests))
        with self._guard:
            for reply in replies:
                self._statuses[reply.status.value] += 1
                self._cached += reply.source == "cache"
                self._repaired += reply.turns > 1
        return replies

    def noted(self, deviation: float) -> None:
        """Take down what the samples of one architecture differ by."""
        with self._guard:
            self._deviations.append(deviation)

    def figures(self) -> AskedFigures:
        """What came of all that was asked so far."""
        spent, before = self._model.ledger.spent, self._before
        endpoint = self._model.endpoint
        with self._guard:
            statuses = {one.value: self._statuses[one.value] for one in ReplyStatus if self._statuses[one.value]}
            return AskedFigures(
                model=endpoint.model,
                temperature=endpoint.temperature,
                samples=self.asking.samples,
                replies=sum(statuses.values()),
                statuses=statuses,
                cached=self._cached,
                repaired=self._repaired,
                calls=spent.calls - before.calls,
                input=spent.usage.input - before.usage.input,
                output=spent.usage.output - before.usage.output,
                estimated=spent.usage.estimated,
                money=_difference(spent, before),
                sd=round(float(np.mean(self._deviations)), 6) if self._deviations else None,
            )


def _difference(spent: Spent, before: Spent) -> float | None:
    return None if spent.money is None else round(spent.money - (before.money or 0.0), 6)
