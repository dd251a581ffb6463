"""Results of ``lpzero principles``: what was mined, checked, told apart and judged on another table."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from lpzero.result import Ends, Number, Result

Finding = Literal["ok", "idle", "redundant", "advice", "inactive"]


class RemainingFigures(Result):
    """What rules leave of the space; see :class:`lpzero.principles.remaining.Remaining`."""

    share: Number
    interval: Ends | None = None
    architectures: int | None = None
    draws: int | None = None


class TableFigures(Result):
    """What rules keep of a table.

    Attributes:
        table: Its name.
        n: Records.
        kept: Share of the records that all hard rules hold of.
        top: Records of the top share.
        top_kept: Share of these.
    """

    table: str
    n: int
    kept: Number
    top: int
    top_kept: Number


class CheckedPrinciple(Result):
    """One principle.

    Attributes:
        id: Its name.
        statement: What it says.
        rule: Its rule for people; None for advice.
        strength: ``hard`` or ``soft``.
        status: As the file says.
        finding: ``ok``; ``idle``: no draw of the space breaks it; ``redundant``: none that keeps the other hard rules
            does; ``advice``; ``inactive``.
        keeps: Share of the draws of the space that it holds of.
        evidence: As the file says, for people.
    """

    id: str
    statement: str
    rule: str | None
    strength: str
    status: str
    finding: Finding
    keeps: Number | None = None


class CheckResult(Result):
    """What ``lpzero principles check`` finds.

    Attributes:
        status: ``ok``; ``unknown``: no architecture was found that all hard rules hold of, and no contradiction.
    """

    schema_: Annotated[Literal[1], Field(alias="schema")]
    path: str
    space: str
    protocol: str
    seed: int
    status: Literal["ok", "unknown"]
    remaining: RemainingFigures
    source: TableFigures | None = None
    principles: list[CheckedPrinciple]


class MineResult(Result):
    """What ``lpzero principles mine`` finds.

    Attributes:
        path: The file that was written.
        document: What stands in it.
    """

    schema_: Annotated[Literal[1], Field(alias="schema")]
    path: str
    space: str
    protocol: str
    seed: int
    source: TableFigures
    remaining: RemainingFigures
    document: dict[str, Any]


class DifferenceOfMeans(Result):
    """How much better what is kept is than what is dropped, in the unit of the quality, better above 0.

    Attributes:
        difference: Between the means.
        interval: Its 95 % interval, architectures resampled; None where hardly any can be compared.
        pairs: Pairs that were compared, of one kept and one dropped record.
    """

    difference: Number
    interval: Ends | None = None
    pairs: int


class ReplayFigures(Result):
    """A search inside the rules against the same search on the whole table, paired by seed.

    Attributes:
        trials: Evaluations of each.
        seeds: Searches of each.
        inside: Mean regret: what the best found is worse than the best record of the table.
        outside: Likewise on the whole table.
        gain: Regret outside less inside.
        interval: 95 % interval of the gain over the seeds.
    """

    trials: int
    seeds: int
    inside: Number
    outside: Number
    gain: Number
    interval: Ends


class LeftBehind(Result):
    """A principle that says nothing of the other space, and why."""

    id: str
    reason: str


class PrinciplesTransferResult(Result):
    """What principles of one table are worth on another.

    Attributes:
        source: What they were mined on.
        target: What is kept of the other table and of its top.
        difference: Kept against dropped, whatever their sizes; None where nothing is dropped, or nothing kept.
        matched_size: Kept against dropped of about the same size.
        within: The factor of sizes that are about the same.
        replay: The searches.
        principles: The hard principles that were judged.
        left_behind: The others.
    """

    schema_: Annotated[Literal[1], Field(alias="schema")]
    source: str
    space: str
    protocol: str
    seed: int
    target: TableFigures
    difference: DifferenceOfMeans | None = None
    matched_size: DifferenceOfMeans | None = None
    within: Number
    replay: ReplayFigures | None = None
    principles: list[dict[str, Any]]
    left_behind: list[LeftBehind]


class PrincipleChange(Result):
    """What became of a principle between two files.

    Attributes:
        id: Its name.
        change: ``added``, ``removed`` or ``changed``.
        old: Its strength and rule in the one file, for people; None where it was not there.
        new: Likewise in the other.
        changed: The keys that differ; empty unless it was changed.
    """

    id: str
    change: Literal["added", "removed", "changed"]
    old: str | None
    new: str | None
    changed: list[str]


class DiffResult(Result):
    """What ``lpzero principles diff`` finds: the principles that differ, those of the first file first."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    old: str
    new: str
    changes: list[PrincipleChange]


class AskResult(MineResult):
    """What ``lpzero principles ask`` finds.

    Attributes:
        model: Who was asked.
        status: What its reply is (:class:`lpzero.llm.ReplyStatus`).
        reason: Why the reply could not be read; None where it could.
        proposed: Rules that it proposed.
        survived: Those of them that the table bears out.
        by: ``model``, or ``miner`` where nothing survived and the table was mined.
    """

    model: str
    status: str
    reason: str | None
    proposed: int
    survived: int
    by: Literal["model", "miner"]
