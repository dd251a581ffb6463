"""What a language model would be shown of a table, before anybody is asked."""

from __future__ import annotations

from pathlib import Path

from lpzero.api.judged import Judged
from lpzero.fitness.strata import RATIO
from lpzero.llm import Request
from lpzero.predictors.labels import labels_of
from lpzero.predictors.prediction import LEVEL
from lpzero.predictors.prompted import Prompt, Task
from lpzero.tables import Table


def shown_prompt(
    table: str | Path | Table,
    *,
    labels: int | None = None,
    split: str | None = None,
    protocol: str | None = None,
    seed: int = 0,
) -> Request:
    """The first request of ``lpzero predictor eval --predictor llm``: ``lpzero llm show-prompt --table``.

    Args:
        table: The table, its name or its folder.
        labels: Demonstrations; None for 10, or for those of the split.
        split: ``"published"`` for the first of the splits that the table was published with; None for a draw.
        protocol: Which model an architecture stands for; None for the table's first.
        seed: Seed of the draw.

    Raises:
        InputError: There is no such table, protocol or split, or the number is out of its range.
        MissingError: The table is not here.

    >>> shown_prompt("gpt2-own", labels=4).messages[0].text.count("Trained network ")
    4
    """
    judged = Judged.of(table, protocol, LEVEL, RATIO, seed)
    number = 10 if labels is None and split is None else labels
    (first, *_), _ = judged.splits(number, 1 if split is None else None, split, None)
    prompt = Prompt(judged.space, Task.of(judged.table), labels_of(judged.table, first.labelled.tolist(), None))
    return prompt.request(judged.trained.architectures[first.asked[0]])
