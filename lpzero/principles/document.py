"""A file of principles, as data: what is said, the rule that a machine checks, the evidence, and what became of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lpzero.principles.language.rule import LARGEST, LONGEST_NAME, Rule
from lpzero.result import Ends
from lpzero.settings import first_repeated

SCHEMA = "lpzero.principles/1"
MOST_PRINCIPLES = 256
EXPLORE = 0.1

Strength = Literal["hard", "soft"]
Status = Literal["active", "advice", "dropped", "relaxed"]


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("expected one line of printable letters")
    return text


Text = Annotated[str, Field(max_length=2000), AfterValidator(_printable)]
Label = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(_printable)]
Identity = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(ge=0)]
Number = Annotated[int, Field(ge=0, le=LARGEST)]


class _Document(BaseModel):
    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True, serialize_by_alias=True
    )


class SpaceOf(_Document):
    """The space that the rules are about.

    Attributes:
        name: Its name.
        protocol: The protocol that they were found under; None where nobody says.
        digest: What the choices were (:func:`lpzero.principles.language.feature.digest_of_space`); None where it was
            written by hand.
    """

    name: Label
    protocol: Label | None = None
    digest: Digest | None = None


class Source(_Document):
    """Where the principles come from.

    Attributes:
        by: ``miner``, ``model`` (a language model proposed, the table decided) or ``person``.
        table: The table that they were measured on; None where they were not.
        digest: That of its records.
        quality: What was measured there.
        n: Records that were contrasted.
        top: How many of them were the top.
        at_size: The factor within which sizes are equal, where the top is that of equal size.
        seed: Seed of the resamples.
        model: The language model.
    """

    by: Literal["miner", "model", "person"] = "person"
    table: Label | None = None
    digest: Digest | None = None
    quality: Label | None = None
    n: Number | None = None
    top: Number | None = None
    at_size: Positive | None = None
    seed: Number | None = None
    model: Label | None = None


class Evidence(_Document):
    """What the source table says of a rule.

    Attributes:
        n: Records.
        top: Those of the top.
        support: Share of the top that the rule holds of.
        base_rate: Share of all records that it holds of.
        lift: ``support / base_rate``; None where the rule holds of no record.
        interval: 95 % interval of the lift, from resampled records.
        stability: Share of resamples in which a rule over the same features is chosen again.
        size_lift: The lift that is expected of the sizes alone of what the rule keeps; None where sizes are not known.
    """

    n: Number
    top: Number
    support: Share
    base_rate: Share
    lift: Positive | None = None
    interval: Ends | None = None
    stability: Share | None = None
    size_lift: Positive | None = None


class Change(_Document):
    """What became of a principle, and why."""

    version: Number
    reason: Text


class Principle(_Document):
    """One principle.

    Attributes:
        id: Its name in the file.
        statement: What it says, for people.
        rule: What a machine checks; None where it is advice alone.
        strength: ``hard`` filters; ``soft`` weighs.
        weight: How many times as often an architecture is drawn that keeps a soft rule.
        evidence: What was measured.
        status: ``active``; ``advice``, which has no rule; ``dropped`` or ``relaxed``, which have no say any more.
        history: What became of it, the first change first.
    """

    id: Identity
    statement: Text
    rule: Rule | None = None
    strength: Strength = "hard"
    weight: Annotated[float, Field(gt=0, le=1000)] | None = None
    evidence: Evidence | None = None
    status: Status = "active"
    history: Annotated[list[Change], Field(max_length=1000)] = []

    @model_validator(mode="after")
    def _holds_together(self) -> Principle:
        if (self.rule is None) != (self.status == "advice") and self.status != "dropped":
            raise ValueError("expected a rule, or the status advice for a statement without one")
        if (self.weight is None) == (self.strength == "soft"):
            raise ValueError("expected a weight for a soft principle, and none for a hard one")
        return self


class Principles(_Document):
    """The content of a file of principles.

    Attributes:
        schema: Which kind of file it is.
        version: Counts what ``lpzero principles adapt`` made of it.
        space: The space that the rules are about.
        source: Where they come from.
        explore: Share of draws that soft rules have no say in.
        principles: The principles.
    """

    schema_: Annotated[Literal["lpzero.principles/1"], Field(alias="schema")]
    version: Number = 1
    space: SpaceOf
    source: Source = Source()
    explore: Share = EXPLORE
    principles: Annotated[list[Principle], Field(max_length=MOST_PRINCIPLES)]

    @model_validator(mode="after")
    def _are_told_apart(self) -> Principles:
        names = [principle.id for principle in self.principles]
        if len(set(names)) < len(names):
            raise ValueError(f"expected each id once, found {first_repeated(names)} twice")
        return self

    @property
    def hard(self) -> list[Principle]:
        """The principles that filter."""
        return [one for one in self.principles if one.status == "active" and one.strength == "hard"]

    @property
    def soft(self) -> list[Principle]:
        """The principles that weigh."""
        return [one for one in self.principles if one.status == "active" and one.strength == "soft"]
