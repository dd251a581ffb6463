"""The scores of models, as they are printed."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from lpzero.result import Direction, Number, Result


class _Score(Result):
    # what a model's own process answers is one of these, and nothing else in it
    model_config = ConfigDict(extra="forbid")


class ProxyScore(_Score):
    """The score of a model by one proxy.

    Attributes:
        proxy: Its name.
        value: The score; None unless the status is ok.
        direction: Which scores are better.
        status: As of :class:`lpzero.proxy.score.ScoreStatus`.
        seconds: Time spent on this proxy, what all proxies share left out.
        error: The standard error of an estimate from a sample; null of an exact score, and where it is not known.
    """

    proxy: str
    value: float | None
    direction: Direction
    status: str
    seconds: float
    error: float | None = None


class CountedCosts(_Score):
    """The costs of a model that are counted.

    Attributes:
        params: All parameters.
        nonembedding: Parameters of the blocks.
        bytes: The weights in float32.
        flops: Operations of a forward pass a token; None where they cannot be counted, and a note of the model says
            why.
    """

    params: Number
    nonembedding: Number
    bytes: Number
    flops: Number | None


class Percentiles(_Score):
    """Where a model stands among random architectures.

    Attributes:
        space: Name of their space.
        protocol: Which model each of them stands for.
        drawn: How many there are.
        of: For each proxy, the share of them that are worse, half of those that are equal counted in, 0 to 100; None
            where there is none.
    """

    space: str
    protocol: str
    drawn: int
    of: dict[str, float | None]


class ModelScore(_Score):
    """The scores of one model.

    Attributes:
        model: What the user gave.
        space: Name of its space; None where it is of no known space.
        protocol: Likewise.
        params: All parameters.
        costs: Its counted costs.
        seed: Seed of every random choice.
        batch_sha256: Of the tokens that it was shown.
        notes: What a user should know of how it was read and of what was found of its structure, a line each.
        scores: One a proxy, in their order.
        percentiles: None where they were not asked for.
    """

    model: str
    space: str | None
    protocol: str | None
    params: Number
    costs: CountedCosts
    seed: int
    batch_sha256: str
    notes: list[str] = Field(default_factory=list)
    scores: list[ProxyScore]
    percentiles: Percentiles | None


class _Versioned(_Score):
    schema_: Annotated[int, Field(alias="schema")]


class _Placed(_Score):
    mean_rank: float | None


class ScoreResult(ModelScore, _Versioned):
    """The scores of one model, as a result of its own; see :class:`ModelScore`."""


class RankedModel(ModelScore, _Placed):
    """The scores of one model of several; see :class:`ModelScore`.

    Attributes:
        mean_rank: Its mean rank over the proxies that scored all of them, 1 for the best; None where none did.
    """


class LeftOut(_Score):
    """A model without scores.

    Attributes:
        model: What the user gave.
        reason: Why, in one line.
    """

    model: str
    reason: str


class ScoresResult(Result):
    """The scores of several models, the best first.

    Attributes:
        seed: Seed of every random choice.
        models: By their mean rank.
        left_out: Those that could not be scored, in the order in which they were given.
    """

    schema_: Annotated[int, Field(alias="schema")]
    seed: int
    models: list[RankedModel]
    left_out: list[LeftOut] = Field(default_factory=list)
