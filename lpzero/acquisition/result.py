"""The result of asking what to train next."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lpzero.result import Direction, Number, Result


class SuggestionRow(Result):
    """One suggested architecture.

    Attributes:
        id: Its name in the file.
        value: What is expected of its training, in the unit of the labels; None where there are too few of them.
        low: Lower end of the interval of one training; None likewise.
        high: Upper end of it.
        chance: The probability that it beats the best label; None likewise.
        by: ``"start"``, of counts and a proxy alone, or ``"labels"``.
        quality: What came of it, where a table says so; None where it is still to be trained.
        params: Its parameters.
        config: Its configuration, within the folder.
    """

    id: str
    value: float | None
    low: float | None
    high: float | None
    chance: float | None
    by: str
    quality: float | None
    params: int
    config: str


class BestSoFar(Result):
    """The best label.

    Attributes:
        architecture: The architecture as a document.
        quality: What its training gave.
    """

    architecture: dict[str, object]
    quality: float


class SuggestResult(Result):
    """What to train next.

    Attributes:
        schema_: 1.
        space: Name of the space.
        protocol: Which model an architecture stands for.
        table: The table that is replayed; None where somebody trains.
        direction: Which qualities are better; None where nobody said, and there is no label.
        seed: Seed of every random choice.
        acquisition: What ordered candidates.
        features: What the regression is told of an architecture.
        limits: The highest costs, by name.
        principles: The file of principles that what is suggested keeps; None for the whole space.
        labels: Architectures with a quality.
        failed: Architectures whose training failed.
        pending: Architectures that were suggested before and of which nothing is known.
        candidates: Architectures that were looked at.
        left_out: How many of these could not be described.
        level: Confidence level of the intervals.
        best: The best label; None where there is none.
        chance: The highest probability that any one candidate beats it; None where there are too few labels.
        threshold: Below which of these more training is not worth it.
        worthwhile: Whether it is; None where there are too few labels.
        file: The file to fill in.
        rows: What to train, the first to train first.
    """

    schema_: Annotated[int, Field(alias="schema")]
    space: str
    protocol: str
    table: str | None
    direction: Direction | None
    seed: int
    acquisition: str
    features: list[str]
    limits: dict[str, Number]
    principles: str | None = None
    labels: int
    failed: int
    pending: int
    candidates: int
    left_out: int
    level: float
    best: BestSoFar | None
    chance: float | None
    threshold: float
    worthwhile: bool | None
    file: str
    rows: list[SuggestionRow]
