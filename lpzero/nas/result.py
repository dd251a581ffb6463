"""The result of a search, as it is printed, kept and read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from lpzero.costs.cost import CostName
from lpzero.result import Direction, Ends, Number, Result


class ProxyName(Result):
    """One of the proxies that architectures were scored with."""

    proxy: str
    direction: Direction | None = None


class Pick(Result):
    """One architecture.

    Attributes:
        key: Of the architecture as listed.
        score: By the proxy, or its mean rank where there are several; None where it was not scored.
        scores: One a proxy; empty where it was not scored.
        costs: By name.
        intervals: 95 % intervals of the costs that were measured more than once.
        config: Its configuration, below the folder of the search.
    """

    key: str
    score: float | None = None
    scores: list[float | None]
    costs: dict[CostName, Number]
    intervals: dict[CostName, Ends] = Field(default_factory=dict)
    config: str = ""


class PickTruth(Result):
    """What a table says of a pick.

    Attributes:
        quality: As oriented: higher is better.
        regret: What it lacks of the best that fits.
        percentile: Share of the models that are worse, half of those that are equal counted in, 0 to 100.
    """

    quality: float | None = None
    regret: float
    percentile: float


class Difference(Result):
    """How much lower the losses of what was found are than those of a control.

    Attributes:
        mean: Below 0 is better.
        interval: 95 % interval of Student's t; None where the noise of a single training is not known.
        p: Two-sided, of the paired test.
        unpaired_interval: Welch's.
    """

    mean: float
    interval: Ends | None
    p: float | None = None
    unpaired_interval: Ends | None = None


class ProofResult(Result):
    """What the trainings of the proof showed.

    Attributes:
        table: Name of the table whose recipe they had.
        recipe: Digest of it.
        seed: Of every training.
        losses: For each group the trainings: ``{"key", "status", "loss"}``.
        means: Mean loss of each group.
        noise: Standard deviation between trainings of one model, as the table has it; None where it is not known.
        count: The metric of the shape by which the group ``"count"`` was found.
        difference: What was found less each control.
    """

    table: str
    recipe: str = ""
    seed: int = 0
    losses: dict[str, list[Any]]
    means: dict[str, float]
    noise: float | None = None
    count: str = ""
    difference: dict[str, Difference]

    @model_validator(mode="after")
    def _of_every_group(self) -> ProofResult:
        groups = set(self.losses)
        if not groups <= set(self.means) or not groups - {"found", "count"} <= set(self.difference):
            raise ValueError("expected a mean and a difference for each group")
        return self


class CheckpointLosses(Result):
    """What sub-networks of a checkpoint say of a text, untrained.

    Attributes:
        text: Name of its file, whose end nothing was chosen by.
        tokens: Tokens that were predicted.
        context: Longest context, in tokens.
        checkpoint: Loss of the full model, in nats a token.
        losses: Those of what was found and of the controls, by name.
        model: Folder below that of the search with the model that was found, weights and tokenizer.
    """

    text: str
    tokens: int
    context: int
    checkpoint: Number
    losses: dict[str, Number]
    model: str


class Certificate(Result):
    """How sure an exact search is of its best.

    Attributes:
        score: Of the best.
        bound: No architecture within the limits has a better one.
        gap: How far they are apart; 0 where it is certain.
        programs: How many integer programs were solved.
    """

    score: Number
    bound: Number
    gap: Number
    programs: int


class SearchResult(Result):
    """What a search found, and what stands beside it.

    Attributes:
        run: Its folder.
        space: Name of the search space.
        protocol: Which model an architecture stands for.
        table: The table whose architectures alone might be picked; None for the whole space.
        left_out: Architectures of it that might not.
        seed: Seed of every random choice.
        proxies: What scored.
        algorithm: How architectures were proposed.
        scored: Architectures that the algorithm scored.
        failed: Those of them without a score.
        statuses: How many have each status.
        limits: The highest costs, by name.
        against: The cost of the front.
        measurement: How measured costs were measured.
        best: The best picks, the best first.
        front: What nothing beats in both score and cost.
        controls: The best of a random search, the largest that fits, the largest that the random search scored.
        truth: What the table says of the best and the controls; None without a table.
        proof: None without one.
        certificate: How sure the best is; None unless the algorithm is exact.
        losses: Of sub-networks of a checkpoint, what they say of the text; None for other spaces.
        seconds: Time that the search took.
    """

    schema_: Annotated[Literal[1], Field(alias="schema")]
    run: str
    space: str = ""
    protocol: str = ""
    table: str | None = None
    left_out: int = 0
    seed: int
    proxies: list[ProxyName]
    algorithm: str
    scored: int
    failed: int
    statuses: dict[str, int] = Field(default_factory=dict)
    limits: dict[CostName, Number]
    against: str
    measurement: dict[str, Any] = Field(default_factory=dict)
    best: Annotated[list[Pick], Field(min_length=1)]
    front: list[Pick]
    controls: dict[str, Pick | None]
    truth: dict[str, PickTruth | None] | None
    proof: ProofResult | None
    certificate: Certificate | None = None
    losses: CheckpointLosses | None = None
    seconds: float

    @model_validator(mode="after")
    def _has_rows_of_one_kind(self) -> SearchResult:
        costs = set(self.best[0].costs)
        for name, pick in {"found": self.best[0], **self.controls}.items():
            if pick is not None and not costs <= set(pick.costs):
                raise ValueError(f"expected the costs of the best in {name}")
            if pick is not None and self.truth and self.truth.get(name) is None:
                raise ValueError(f"expected the truth of {name}")
        return self
