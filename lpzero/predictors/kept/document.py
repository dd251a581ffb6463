"""The documents of kept predictors: what all of them say, and what each kind says beside it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lpzero import plugins
from lpzero.predictors.description import Source
from lpzero.proxy.proxy import Proxy
from lpzero.spaces.architecture import Architecture, digest_of
from lpzero.spaces.space import SearchSpace

PACKAGES = ("lpzero", "MAPIE", "numpy", "scikit-learn", "torch")
"""What the numbers of a predictor depend on."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=True)


class KeptProxy(_Part):
    """A proxy whose score is a feature.

    Attributes:
        name: Its name.
        formula: Its formula; None for a coded metric.
        metric: Name of the coded metric; None for a formula.
        higher_is_better: Its direction.
    """

    name: str
    formula: str | None
    metric: str | None
    higher_is_better: bool

    @classmethod
    def of(cls, proxy: Proxy) -> KeptProxy:
        """That of a proxy."""
        formula = None if proxy.formula is None else str(proxy.formula)
        return cls(name=proxy.name, formula=formula, metric=proxy.metric, higher_is_better=proxy.higher_is_better)


class KeptProbe(_Part):
    """What models are shown, as of :class:`lpzero.operands.probe.Probe`."""

    seed: Annotated[int, Field(ge=0)]
    batch: Annotated[int, Field(ge=1)]
    tokens: Annotated[int, Field(ge=2)]
    elements: Annotated[int, Field(ge=16)]


class Document(_Part):
    """What the document of every kept predictor says.

    Attributes:
        schema_: 1.
        predictor: Which one: a regression, ``"llm"`` or ``"distilled"``.
        space: Name of the space.
        protocol: Which model an architecture stands for.
        space_sha256: Of the space's declaration, as of :func:`space_digest`.
        higher_is_better: Direction of the values.
        noise: Standard deviation between trainings of one model; None where that is not known.
        level: Confidence level of the intervals; None for no intervals.
        features: Groups of features.
        proxies: Those whose scores are features.
        probe: What models are shown.
        labels: The labelled architectures; of a distilled one those of its teacher, which may have none.
        versions: Of the packages that the numbers depend on.
        plugins: What it depends on of other packages, as of :attr:`lpzero.plugins.Plugin.identity`; empty where it does
            not.
    """

    schema_: Annotated[Literal[1], Field(alias="schema")]
    predictor: str
    space: str
    protocol: str
    space_sha256: str
    higher_is_better: bool
    noise: float | None
    level: float | None
    features: list[str]
    proxies: list[KeptProxy]
    probe: KeptProbe
    labels: list[dict[str, Any]]
    versions: dict[str, str]
    plugins: list[dict[str, str]] = []

    def to_json(self) -> dict[str, Any]:
        """It as plain JSON types; what depends on no other package says nothing of them."""
        said = self.model_dump(by_alias=True)
        return said if self.plugins else {name: value for name, value in said.items() if name != "plugins"}


class RegressionDocument(Document):
    """A regression: its labels lie in the arrays, and it is fitted again.

    Attributes:
        columns: Names of the numbers that describe a label, in the order of the array ``described``.
        sha256: Of the file with the arrays.
    """

    columns: list[str]
    sha256: str


class PromptedDocument(Document):
    """What a language model is shown. Who is asked stands nowhere in it.

    Attributes:
        quality: What was measured.
        unit: Its unit; empty where nobody said.
        qualities: (labels,).
    """

    quality: str
    unit: str
    qualities: list[float]


class StudentDocument(Document):
    """A student: its weights lie in the arrays.

    Attributes:
        kind: Which regression it is.
        teacher: Name of who taught it.
        in_unit: Whether its values are in the unit of the labels.
        columns: Names of its columns, in the order of the arrays.
        logarithms: Which columns are logarithms of their number.
        seen: Every name of a description that it was taught with.
        ranges: Names of the numbers whose ranges tell what is like the labels.
        learnt: Architectures that it was taught.
        sha256: Of the file with the arrays.
    """

    kind: str
    teacher: str
    in_unit: bool
    columns: list[str]
    logarithms: list[bool]
    seen: list[str]
    ranges: list[str]
    learnt: Annotated[int, Field(ge=2)]
    sha256: str


class BroughtDocument(Document):
    """A predictor that a package brings, one of the plug-ins that it depends on.

    Attributes:
        state: What the predictor says of itself; its package reads it.
    """

    level: float
    state: dict[str, Any]


def space_digest(space: SearchSpace) -> str:
    """SHA-256 of what a space declares: its name, protocol, choices, vocabulary and length."""
    choices = space.choices
    whole, layer, front = (
        [[list(choice.names), [list(value) for value in choice.values]] for choice in of]
        for of in (choices.whole, choices.layer, choices.front)
    )
    # where all layers are alike there is nothing to say of the first
    leading = [front, choices.front_depth] if front else []
    return digest_of([space.name, space.protocol, whole, layer, *leading, space.vocabulary, space.max_tokens])


def shared_fields(source: Source, labels: Sequence[Architecture], *, predictor: str = "") -> dict[str, Any]:
    """What the documents of all kinds say of a space, of what describes its architectures, and of the labels.

    Args:
        source: What describes them.
        labels: The labelled architectures.
        predictor: The name that a package brings the predictor under; empty for one of lpzero.
    """
    named = {
        "predictors": [predictor],
        "spaces": [source.space.name],
        "metrics": [proxy.metric for proxy in source.proxies if proxy.metric is not None],
    }
    formulas = [str(proxy.formula) for proxy in source.proxies if proxy.formula is not None]
    needed = [one for group, names in named.items() for one in plugins.identities(names, (group,))]
    return {
        "schema_": 1,
        "space": source.space.name,
        "protocol": source.space.protocol,
        "space_sha256": space_digest(source.space),
        "features": list(source.groups),
        "proxies": [KeptProxy.of(proxy) for proxy in source.proxies],
        "probe": KeptProbe(**{name: getattr(source.probe, name) for name in KeptProbe.model_fields}),
        "labels": [architecture.to_json() for architecture in labels],
        "versions": {name: metadata.version(name) for name in PACKAGES},
        "plugins": [*needed, *plugins.identities(formulas, ("operands", "primitives"))],
    }
