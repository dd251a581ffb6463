"""The figures of a ranking as results show them: correlations, intervals, strata, the top, regret, comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import model_validator

from lpzero.result import Ends, Result

if TYPE_CHECKING:
    from lpzero.fitness.correlation import Correlation

Figures = TypeVar("Figures", bound="CorrelationFigures")


class CorrelationFigures(Result):
    """The figures of a rank correlation, rounded to 6 decimals; None where there is none.

    Attributes:
        tau_b: Kendall's tau-b.
        tau_a: Kendall's tau-a.
        rho: Spearman's rho.
        distinct: Share of distinct scores, in (0, 1].
    """

    tau_b: float | None = None
    tau_a: float | None = None
    rho: float | None = None
    distinct: float | None = None


class StratumFigures(Result):
    """Tau-a over the pairs of comparable architectures.

    Attributes:
        tau_a: None without pairs.
        interval: 95 % bootstrap interval of it; None also where hardly any architecture has a partner.
        pairs: Their number.
    """

    tau_a: float | None = None
    interval: Ends | None = None
    pairs: int = 0


class MatchedFigures(StratumFigures):
    """The same over the pairs of about the same size.

    Attributes:
        within: The parameters outside the embeddings differ by at most this factor.
    """

    within: float | None = None


class TopFigures(Result):
    """The best tenth by quality.

    Attributes:
        n: Architectures in it.
        tau_a: Among them.
        precision: The share of them among a tenth by score, in [0, 1].
    """

    n: int = 0
    tau_a: float | None = None
    precision: float | None = None


class RegretFigures(Result):
    """What the best of the few highest scores lacks of the best quality.

    Attributes:
        quality: In the unit of the quality, at least 0.
        share: Of the range of the qualities, in [0, 1].
    """

    quality: float | None = None
    share: float


class RankingFigures(CorrelationFigures):
    """Every figure of a ranking; None where there is no correlation.

    Attributes:
        interval: 95 % bootstrap interval of tau-a, over groups of equal models.
        rho_interval: The same of rho.
        within_depth: Tau-a among architectures of one depth.
        within_width: Tau-a among architectures of one width.
        matched_size: Tau-a among architectures of about the same number of parameters outside the embeddings.
        matched_closer: The same of sizes that are closer still.
        top_decile: The best tenth by quality.
        regret: Of the highest 1, 5 and 10 scores, by their number as text.
        pick_percentile: Of the quality of the highest score, 0 to 100.
    """

    interval: Ends | None = None
    rho_interval: Ends | None = None
    within_depth: StratumFigures | None = None
    within_width: StratumFigures | None = None
    matched_size: MatchedFigures | None = None
    matched_closer: list[MatchedFigures] | None = None
    top_decile: TopFigures | None = None
    regret: dict[str, RegretFigures] | None = None
    pick_percentile: float | None = None


class DifferenceFigures(Result):
    """How much better one ranking is than another one; None where there was nothing to compare with.

    Attributes:
        difference: The one's tau-a less the other's.
        interval: 95 % paired bootstrap interval of it.
        p: Two-sided, of the same bootstrap.
        p_swap: Two-sided, of the swapping test.
        p_holm: ``p`` after Holm's correction.
        detectable: The smallest true difference that these architectures show with a probability of .8.
    """

    difference: float | None = None
    interval: Ends | None = None
    p: float | None = None
    p_swap: float | None = None
    p_holm: float | None = None
    detectable: float | None = None

    @model_validator(mode="after")
    def _whole(self) -> DifferenceFigures:
        if self.interval and (self.difference is None or not {"p", "p_holm"} <= self.model_fields_set):
            raise ValueError("expected a difference and its p-values")
        return self


class ComparisonFigures(DifferenceFigures):
    """A ranking compared with another one by tau-a, over all pairs.

    Attributes:
        matched_size: Likewise over the pairs of about the same size; None where hardly any is.
    """

    matched_size: DifferenceFigures | None = None


CORRELATIONS = tuple(CorrelationFigures.model_fields)


def rounded(value: float) -> float:
    """A figure with the decimals that results have: 6."""
    return round(value, 6)


def of_correlation(kind: type[Figures], correlation: Correlation | None, **others: object) -> Figures:
    """Figures with those of a correlation, all of which are None where there is none.

    Args:
        kind: Which figures.
        correlation: The correlation.
        others: The other figures of that kind; None for those that are not given.
    """
    four = {name: None if correlation is None else rounded(getattr(correlation, name)) for name in CORRELATIONS}
    nothing = {name: None for name, field in kind.model_fields.items() if field.default is None}
    return kind.model_validate({**nothing, **four, **others})
