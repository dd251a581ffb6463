"""What the commands print that find nothing out, as typed documents: lists, cards, checks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from lpzero.result import Result


class Document(Result):
    """One JSON document of a command."""

    schema_: Annotated[Literal[1], Field(alias="schema")] = 1

    def to_json(self) -> dict[str, Any]:
        """The document: plain JSON types, its version first."""
        return {"schema": self.schema_, **super().to_json()}


class SpaceFacts(Result):
    """A space: its name, what an architecture may stand for, how many there are, and what its models are made for."""

    name: str
    protocol: str
    protocols: list[str]
    size: int
    objective: str
    vocabulary: int
    max_tokens: int | None


class SpaceList(Document):
    """``lpzero spaces list``."""

    spaces: list[SpaceFacts]


class SpaceShown(Document, SpaceFacts):
    """``lpzero spaces show``: a space, and one architecture of it with its key and its parameters by part."""

    example: dict[str, Any]
    example_key: str
    example_parameters: dict[str, int]


class KnownTable(Result):
    """A table of the catalogue, where it comes from, whether it is here, and what is wrong with it."""

    name: str
    description: str
    space: str
    protocols: list[str]
    n: int
    quality: str
    unit: str
    direction: str
    source: str
    bundled: bool
    present: bool
    where: str | None
    problem: str | None


class TableList(Document):
    """``lpzero tables list``."""

    tables: list[KnownTable]


class TableFetched(Document):
    """``lpzero tables fetch``: how many files were written, and where."""

    name: str
    files: int
    where: str


class ColumnShown(Result):
    """A column beside the quality."""

    name: str
    meaning: str
    unit: str
    cost: str


class SplitShown(Result):
    """A split that a table was published with: how many are labelled, and how many are asked for."""

    name: str
    labelled: int
    asked: int


class TableShown(Document):
    """``lpzero tables show``: the card of a table; ``figures`` as :func:`lpzero.training.card.figures` has them."""

    name: str
    space: str
    protocols: list[str]
    protocol: str
    quality: str
    unit: str
    higher_is_better: bool
    duplicates: int
    columns: list[ColumnShown]
    splits: list[SplitShown]
    notes: list[str]
    source: str
    licence: str
    digest: str
    recipe: dict[str, Any] | None
    figures: dict[str, Any]


class VerifiedTable(Result):
    """What the verification of a table counted, None where an error ended it, and its faults."""

    table: str
    files: int | None
    records: int | None
    figures: int | None
    faults: list[str]


class TablesVerified(Document):
    """``lpzero tables verify``."""

    tables: list[VerifiedTable]


class TableBuilt(Document):
    """``lpzero tables build``: the folder, the number of trainings, and the figures of the card."""

    out: str
    trainings: int
    name: str
    space: str
    protocols: list[str]
    quality: str
    unit: str
    figures: dict[str, Any]


class SubNetworksBuilt(Document):
    """``lpzero tables build --sub-networks``: the folder, and what its card says of the recoveries."""

    out: str
    name: str
    quality: str
    recovery: dict[str, Any]


class ChoicesBuilt(Document):
    """``lpzero tables build --choices``: the folder, and the range of what was measured."""

    out: str
    name: str
    checkpoint: str
    records: int
    quality: str
    unit: str
    windows: list[int]
    least: float
    most: float


class QualityRange(Result):
    """A quality that was imported: its name, unit and range."""

    name: str
    unit: str
    min: float
    max: float


class TableImported(Document):
    """``lpzero tables import``: what was read, and how many of the lines were dropped as repetitions."""

    name: str
    space: str
    protocol: str
    n: int
    quality: QualityRange
    higher_is_better: bool
    dropped: int
    out: str


class ModelBuilt(Document):
    """``lpzero build``: the folder, which model it is, and its parameters by part."""

    folder: str
    space: str
    protocol: str
    key: str
    parameters: dict[str, int]
    seed: int


class Tokens(Result):
    """Tokens read and written; estimated where the server says none."""

    input: int
    output: int
    estimated: bool


class EndpointChecked(Document):
    """``lpzero llm check``: what came of one small question."""

    endpoint: str
    model: str
    status: str
    value: float | None
    right: bool
    turns: int
    schema_taken: bool
    tokens: Tokens
    seconds: float
    notes: list[str]


class LlmCost(Result):
    """Calls with their tokens, and what they cost, None without prices."""

    calls: int
    input: int
    output: int
    money: float | None
    estimated: bool


class CostShown(Document):
    """``lpzero llm cost``: what prompts are expected to take, take at most, and what a job has spent."""

    estimate: LlmCost | None
    most: LlmCost | None
    spent: LlmCost | None


class CacheShown(Document):
    """``lpzero llm cache``: what is kept, and how many replies were removed."""

    file: str
    bytes: int
    replies: int
    models: dict[str, int]
    tokens: Tokens
    removed: int


class PromptTokens(Result):
    """Tokens of a prompt: an estimate, and the most that they can be."""

    estimate: int
    most: int


class PromptShown(Document):
    """``lpzero llm show-prompt``: a prompt, and the template or the table that it was made from."""

    template: str | None = None
    table: str | None = None
    prompt: str
    tokens: PromptTokens


class Findings(Document):
    """``lpzero doctor``: versions, what the machine has, tables with their places (None where not here), problems."""

    python: str
    platform: str
    lpzero: str
    deap: str
    numpy: str
    scipy: str
    sympy: str
    torch: str
    transformers: str
    ray: str
    openai: str
    cores: int
    device: str
    cache: str
    tables: dict[str, str | None]
    problems: list[str]
