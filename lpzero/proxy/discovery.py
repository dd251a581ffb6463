"""The result of a run that discovered a proxy, an evolution or an enumeration, as it is printed, kept and read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from lpzero.fitness.figures import ComparisonFigures, CorrelationFigures, RankingFigures
from lpzero.result import Direction, Result, read_result

UNJUDGED = "unjudged"
"""The status of a sealed test that nothing has looked at, since other tables alone were to be judged."""


class _Counted(Result):
    n: int


class _Tested(_Counted):
    status: str | None = None


class PartFigures(CorrelationFigures, _Counted):
    """The exact figures of the chosen formula on the search or the validation part.

    Attributes:
        n: Architectures of the part.
    """


class SealedFigures(RankingFigures, _Tested):
    """The exact figures of a formula or a baseline on the sealed test.

    Attributes:
        n: Architectures of the test.
        status: Why there are no figures; not there where there are.
    """


class BaselineFigures(Result):
    """A baseline on the sealed test.

    Attributes:
        proxy: Its name, or that of a control of :data:`lpzero.proxy.controls.CONTROLS`.
        direction: Which of its scores are better.
        labels: Qualities of search and validation that it was fitted to; not there for one that needs none.
        what: What a control chose by them; None where it chose nothing.
        test: Its figures.
        versus: The chosen formula compared with it.
    """

    proxy: str
    direction: Direction | None = None
    labels: int | None = None
    what: str | None = None
    test: SealedFigures
    versus: ComparisonFigures = ComparisonFigures()


class BestFormula(Result):
    """The formula of a run, which is what makes its folder a proxy.

    Attributes:
        formula: Its text.
        direction: Which of its scores are better.
    """

    formula: str
    direction: Direction


class ChosenFormula(BestFormula):
    """The chosen formula, exact figures.

    Attributes:
        size: Nodes of the formula.
        search, validation: On the parts that it was chosen on.
        test: On the sealed test.
        sketch: Tau-a on ``"search"`` and ``"validation"`` as the search saw it, on sketches.
    """

    size: int
    search: PartFigures
    validation: PartFigures
    test: SealedFigures
    sketch: dict[str, float | None]


class FrontFormula(BestFormula):
    """A formula that no other beats in both size and tau-a on search and validation; figures of sketches.

    Attributes:
        size: Nodes of the formula.
        search, validation, both: Tau-a on each part, and on both together.
    """

    size: int
    search: float | None = None
    validation: float | None = None
    both: float | None = None


class LeftOut(Result):
    """One architecture that a run does without.

    Attributes:
        id: Its id in the table.
        part: ``"search"``, ``"validation"`` or ``"test"``, or ``"held_out"`` of a table that was held out.
        status: What went wrong, as of :class:`lpzero.engines.FaultStatus`.
        reason: One line for people.
    """

    id: str
    part: str
    status: str
    reason: str


class ScoredRecord(Result):
    """An architecture with its score and what it is worth: a line of ``scores.csv`` in the folder of a run.

    Attributes:
        part: ``"search"``, ``"validation"`` or ``"test"`` of a discovery; ``"scored"`` of a search of architectures.
        id: Its id in the table, or its key.
        score: By the proxy, in its own direction; None where there is none.
        quality: As oriented: higher is better; None where no table has it.
        size: Its parameters outside the embeddings; in a search of architectures the cost of the front.
    """

    part: str
    id: str
    score: float | None
    quality: float | None
    size: float


class Start(Result):
    """What the first populations of an evolution hold.

    Attributes:
        enumerated: Formulas that an enumeration ranked; 0 where there was none.
        formulas: Texts: those of the user, then those that the enumeration found best.
    """

    enumerated: int
    formulas: list[str]


class TableFigures(Result):
    """A formula on a table that is not the first of its run.

    Attributes:
        table: Name of the table.
        space: Name of the search space.
        protocol: Which model an architecture stands for.
        table_sha256: Digest of its records.
        search: On what it was ranked on there; not there of a table that was held out.
        validation: On what the choice looked at as well; likewise.
        test: On the sealed test, or on all of a table that was held out.
        baselines: What stands beside it; of a table that was held out, a control was fitted to labels of the others.
        left_out: Architectures that could not be read.
    """

    table: str
    space: str
    protocol: str
    table_sha256: str
    search: PartFigures | None = None
    validation: PartFigures | None = None
    test: SealedFigures
    baselines: list[BaselineFigures]
    left_out: list[LeftOut] = Field(default_factory=list)


class TopRankings(Result):
    """What the rules would have lost of the best rankings of an enumeration.

    Attributes:
        rankings: How many were looked at.
        lost: How many of them each rule would have lost, by its name.
    """

    rankings: int
    lost: dict[str, int]


class WithinFigures(Result):
    """What principles leave of a table.

    Attributes:
        version: That of their file.
        kept: Records that their hard rules hold of: formulas were ranked, chosen and tested on these alone.
        of: Records of the table.
    """

    version: int
    kept: int
    of: int


class _Header(Result):
    schema_: Annotated[int, Field(alias="schema")]
    run: str
    space: str | None = None
    table: str
    table_sha256: str | None = None
    protocol: str
    seed: int
    principles: WithinFigures | None = None


class _EvolutionCounts(Result):
    evaluated: int
    duplicates: int | None = None
    pruned: dict[str, int]
    seconds: float
    stopped_by: str
    generations: int | None = None
    islands: int | None = None
    restarts: int | None = None


class _EnumerationCounts(Result):
    branches: int
    formulas: int
    distinct_formulas: int
    nonfinite: int
    constant: int
    per_second: int
    evaluated: int
    pruned: dict[str, int]
    top: TopRankings
    seconds: float


class _Choice(Result):
    best: ChosenFormula
    front: list[FrontFormula]
    baselines: list[BaselineFigures]
    left_out: list[LeftOut] = Field(default_factory=list)


class DiscoveryResult(_Choice, _Header):
    """What every run that discovers a formula ends with.

    Attributes:
        run: Its folder.
        space: Name of the search space.
        table: Name of the table of measured qualities.
        table_sha256: Digest of its records.
        protocol: Which model an architecture stands for.
        seed: Seed of every random choice.
        principles: What principles left of the table; not there without any.
        best: The chosen formula.
        front: What no other formula beats in both size and tau-a, smallest first.
        baselines: What stands beside it on the sealed test.
        left_out: Architectures that could not be read.
    """


class EvolveResult(_Choice, _EvolutionCounts, _Header):
    """The result of an evolution; what it shares with others is described at :class:`DiscoveryResult`.

    Attributes:
        evaluated: Distinct formulas that were evaluated in full.
        duplicates: Those of them that rank the search part as another one did before.
        pruned: Distinct formulas that each rule refused, by its name.
        seconds: Time that the run took.
        stopped_by: The limit that ended the evolution.
        generations: Generations behind the first one.
        islands: Populations side by side.
        restarts: How often an island was drawn anew.
        start: What the first populations held.
        beside: The chosen formula on the sealed tests of the other tables that it was searched on.
        held_out: The same on tables that took no part, all of each.
    """

    start: Start | None = None
    beside: list[TableFigures] = Field(default_factory=list)
    held_out: list[TableFigures] = Field(default_factory=list)


class EnumerateResult(_Choice, _EnumerationCounts, _Header):
    """The result of an enumeration; what it shares with others is described at :class:`DiscoveryResult`.

    Attributes:
        branches: Branches of the grammar.
        formulas: Formulas ranked.
        distinct_formulas: Different rankings among them.
        nonfinite: Formulas with a score that is not finite.
        constant: Formulas that give all architectures one score.
        per_second: Formulas ranked a second.
        evaluated: Formulas with finite scores.
        pruned: Formulas that each rule would have refused, by its name.
        top: What the rules would have lost of the best.
        seconds: Time that the run took.
    """


def read_discovery(document: dict[str, Any], path: Path, *, enumerated: bool) -> EvolveResult | EnumerateResult:
    """Read the result of a run.

    Args:
        document: What stands in the file.
        path: The file, for the message.
        enumerated: Whether it is that of an enumeration.

    Raises:
        InputError: A key is missing, or has another value than such a result; the message names it.
    """
    kind: type[EvolveResult | EnumerateResult] = EnumerateResult if enumerated else EvolveResult
    return read_result(kind, document, path, of="a run", remedy="delete the file")
