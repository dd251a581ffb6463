"""The result of an evolution on tables of choices, as it is printed, kept and read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lpzero.fitness.figures import DifferenceFigures
from lpzero.proxy.discovery import BestFormula
from lpzero.result import Ends, Result


class ImportanceFigures(Result):
    """How an importance ranks the divergences of some replacements; None where its scores are constant or not finite.

    Attributes:
        name: ``"found"``, or that of an importance that has one.
        tau_a, tau_b: Kendall's, higher where what scores more costs more.
        interval: 95 % bootstrap interval of tau-a, over layers.
        neurons, groups: Tau-b among replacements of one kind of part.
        versus: What was found compared with it: paired over layers; not there for what was found.
    """

    name: str
    tau_a: float | None = None
    tau_b: float | None = None
    interval: Ends | None = None
    neurons: float | None = None
    groups: float | None = None
    versus: DifferenceFigures = DifferenceFigures()


class ChoicesTest(Result):
    """What importances say of replacements that nothing looked at before.

    Attributes:
        table: Name of the table.
        checkpoint: Of which checkpoint.
        sealed: Whether other layers of the same table were looked at; False for one that was held out whole.
        layers: The layers.
        n: Replacements.
        importances: What was found first.
    """

    table: str
    checkpoint: str
    sealed: bool
    layers: list[int]
    n: int
    importances: list[ImportanceFigures]


class FoundImportance(BestFormula):
    """The formula that was chosen.

    Attributes:
        size: Nodes of it.
        search, validation: Tau-a on the layers that it was chosen on.
        importance: The same in nats of divergence, as ``lpzero compress --importance`` needs it to add costs up: a
            power of it, fitted on the layers that it was chosen on; None where its scores are not positive there.
    """

    size: int
    search: float | None
    validation: float | None
    importance: str | None = None


class UnitsFrontFormula(BestFormula):
    """A formula that no other beats in both size and tau-a.

    Attributes:
        size: Nodes of it.
        both: Tau-a on search and validation together.
    """

    size: int
    both: float | None = None


class ChoicesResult(Result):
    """What an evolution on tables of choices found.

    Attributes:
        schema_: 1.
        run: The run folder.
        tables: Names of the tables.
        seed: Of every random choice.
        evaluated: Formulas that were evaluated.
        duplicates: Those of them that rank as another.
        pruned: Formulas that rules refused, by rule.
        generations: Generations behind the first.
        seconds: Of evolution.
        stopped_by: The limit that ended it.
        best: The chosen formula.
        front: Formulas that none beats in both size and tau-a.
        tests: Of each table its sealed layers, then the tables that were held out.
    """

    schema_: Annotated[Literal[1], Field(alias="schema")] = 1
    run: str
    tables: list[str]
    seed: int
    evaluated: int
    duplicates: int
    pruned: dict[str, int]
    generations: int
    seconds: float
    stopped_by: str
    best: FoundImportance
    front: list[UnitsFrontFormula]
    tests: list[ChoicesTest]
