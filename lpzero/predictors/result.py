"""The results of predictors: what was fitted, what it says, how well, and what each number of labels buys."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lpzero.result import Direction, Ends, Result


class SpreadOver(Result):
    """A figure over draws of labels, rounded to 6 decimals; all None where no draw has it.

    Attributes:
        mean: Over the draws.
        sd: Standard deviation between them; None for fewer than two.
        interval: What the middle 90 % of the draws lie in: what one choice of labels may give.
    """

    mean: float | None = None
    sd: float | None = None
    interval: Ends | None = None


class PredictorFigures(Result):
    """How well a predictor says what it was not told.

    Attributes:
        predictor: Its name.
        labels: Models whose quality it was told.
        mae: Mean absolute error, in the unit of the quality; None for scores in another unit.
        tau_a: Kendall's tau-a of its values with the qualities.
        tau_b: Kendall's tau-b of them, which leaves ties out, as most papers print it.
        rho: Spearman's rho of them.
        matched: Tau-a over the pairs of about the same size.
        coverage: The share of qualities inside their intervals.
        width: Mean width of the intervals, in the unit of the quality.
        in_support: The share of architectures that are like the labels; None where that is not known.
        failed: Architectures without a value, over all draws.
    """

    predictor: str
    labels: int
    mae: SpreadOver
    tau_a: SpreadOver
    tau_b: SpreadOver = Field(default_factory=SpreadOver)
    rho: SpreadOver
    matched: SpreadOver
    coverage: SpreadOver
    width: SpreadOver
    in_support: SpreadOver
    failed: int


class AskedFigures(Result):
    """What came of asking a language model.

    Attributes:
        model: Its name.
        temperature: Of its draws; None for the endpoint's own.
        samples: Replies for each architecture.
        replies: How many requests were answered, by the model or by the cache.
        statuses: How many replies had each status, as of :class:`lpzero.llm.ReplyStatus`.
        cached: Replies that came from the cache alone.
        repaired: Replies that took more than one turn.
        calls: Requests that were sent now, repairs and retries included.
        input: Tokens that were read now.
        output: Tokens that were written now.
        estimated: Whether a part of them is an estimate.
        money: What they cost; None where there are no prices.
        sd: Mean over the architectures of the standard deviation between samples; None for one sample.
    """

    model: str
    temperature: float | None
    samples: int
    replies: int
    statuses: dict[str, int]
    cached: int
    repaired: int
    calls: int
    input: int
    output: int
    estimated: bool
    money: float | None
    sd: float | None


class _Judged(Result):
    schema_: Annotated[int, Field(alias="schema")]
    table: str
    protocol: str
    quality: str
    unit: str
    direction: Direction
    features: list[str]
    level: float
    noise: float | None
    seed: int
    splits: int
    within: float
    n: int
    asked: AskedFigures | None = None


class EvalResult(_Judged):
    """How well a predictor and the trivial ones predict a table, from a few of its labels.

    Attributes:
        schema_: 1.
        table: Name of the table.
        protocol: Which model an architecture stands for.
        quality: What was measured.
        unit: Its unit.
        direction: Which qualities are better.
        features: What the predictor is told of an architecture.
        level: Confidence level of the intervals.
        noise: Standard deviation between trainings of one model; None where the table does not say.
        seed: Seed of the draws.
        splits: Draws of labels.
        within: The factor by which sizes may differ to count as matched.
        n: Architectures of the table.
        asked: What came of asking a language model; None where none was asked.
        labels: Labelled models of each draw.
        split_names: Of the table's own splits, where these were used; empty where labels were drawn.
        rows: The predictor, then the trivial ones.
    """

    labels: int
    split_names: list[str] = Field(default_factory=list)
    rows: list[PredictorFigures]


class CurveResult(_Judged):
    """What each number of labels buys; as :class:`EvalResult`, but for what follows.

    Attributes:
        labels: Numbers of labels, increasing.
        rows: The predictor with each of them, then each of the trivial ones likewise.
    """

    labels: list[int]
    rows: list[PredictorFigures]


class FitResult(Result):
    """A predictor that was fitted and kept.

    Attributes:
        schema_: 1.
        predictor: Its name.
        space: Name of the space.
        protocol: Which model an architecture stands for.
        direction: Which values are better.
        features: What it is told of an architecture.
        columns: Numbers that the regression is fitted to; 0 of what is none.
        labels: Labels that it was fitted to.
        left_out: Labelled architectures that could not be described.
        level: Confidence level of its intervals.
        intervals: Whether there are any: ten labels are needed at 90 %; None where the package alone knows that brings
            the predictor.
        noise: Standard deviation between trainings of one model; None where nobody said.
        path: Where it is kept; None where it is not.
    """

    schema_: Annotated[int, Field(alias="schema")]
    predictor: str
    space: str
    protocol: str
    direction: Direction
    features: list[str]
    columns: int
    labels: int
    left_out: int
    level: float
    intervals: bool | None
    noise: float | None
    path: str | None


class AgreementFigures(Result):
    """How far a student says what its teacher says, of architectures that it was not taught.

    Attributes:
        n: Those that it takes for known, of those held out.
        tau_a: Kendall's tau-a of both on these; None for fewer than two, or equal values.
        mae: Mean absolute difference there, in the unit of the values.
        support: The share of all held out of which both say alike whether they are like the labels; None where the
            teacher does not say.
    """

    n: int
    tau_a: float | None
    mae: float | None
    support: float | None


class DistillResult(Result):
    """A student that was taught and kept.

    Attributes:
        schema_: 1.
        predictor: Its name.
        student: ``"mlp"`` or ``"boosting"``.
        teacher: Name of the teacher.
        space: Name of the space.
        protocol: Which model an architecture stands for.
        direction: Which values are better.
        features: What it is told of an architecture.
        columns: Numbers that it is fitted to.
        learnt: Architectures that it was taught.
        sure: Those of them that are like the teacher's labels; all where the teacher does not say.
        left_out: Architectures that the teacher has no value of, or that could not be described.
        held_out: Architectures that both were compared on.
        agreement: How they compare.
        seconds: What teaching took.
        seed: Seed of the draws and of the student.
        path: Where it is kept.
        asked: What came of asking a language model; None where none was asked.
    """

    schema_: Annotated[int, Field(alias="schema")]
    predictor: str
    student: str
    teacher: str
    space: str
    protocol: str
    direction: Direction
    features: list[str]
    columns: int
    learnt: int
    sure: int
    left_out: int
    held_out: int
    agreement: AgreementFigures
    seconds: float
    seed: int
    path: str
    asked: AskedFigures | None = None


class PredictionRow(Result):
    """What is said of one architecture, as of :class:`lpzero.predictors.Prediction`.

    Attributes:
        id: Its name in the file or the table.
        value: None where the status is ``failed``.
        low: Lower end of the interval; None where there is none.
        high: Upper end of it.
        status: ``"ok"``, ``"extrapolated"`` or ``"failed"``.
        in_support: Whether it is like the labels; None where that is not known.
        source: The predictor, or ``"label"`` for what was measured.
        reason: Why there is no value, or what is beyond the labels; None where there is nothing to say.
        sd: Standard deviation between the samples of a language model; None where there are no several.
    """

    id: str
    value: float | None
    low: float | None
    high: float | None
    status: str
    in_support: bool | None
    source: str
    reason: str | None
    sd: float | None = None


class PredictResult(Result):
    """What a predictor says of architectures.

    Attributes:
        schema_: 1.
        predictor: Its name.
        space: Name of the space.
        protocol: Which model an architecture stands for.
        direction: Which values are better.
        labels: Labels that it was fitted to.
        level: Confidence level of the intervals.
        rows: One an architecture, in their order.
        asked: What came of asking a language model; None where none was asked.
    """

    schema_: Annotated[int, Field(alias="schema")]
    predictor: str
    space: str
    protocol: str
    direction: Direction
    labels: int
    level: float
    rows: list[PredictionRow]
    asked: AskedFigures | None = None
