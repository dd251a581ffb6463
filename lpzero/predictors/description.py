"""What a regression is told of an architecture: numbers by name, from one place for every predictor.

Groups of them: ``spec``, the features of the architecture as it is listed; ``sums``, the same without any logarithm
beside them, so that a linear regression is a sum over layers; ``shape``, logarithms of depth, width and parameters of
what is built; ``operands``, zero-cost branches of the untrained model (:mod:`lpzero.predictors.branches`); and the
scores of proxies, one each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lpzero.engines import Engine, Workers
from lpzero.errors import InputError
from lpzero.operands.probe import Probe
from lpzero.predictors.branches import branch_rows
from lpzero.progress import Watch, counting, unwatched
from lpzero.proxy.controls import SHAPE_COLUMNS, shape_columns
from lpzero.proxy.proxy import Proxy
from lpzero.proxy.score import score_architectures
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.features import features
from lpzero.spaces.space import SearchSpace

SPEC, SUMS, SHAPE, OPERANDS, PROXY = "spec", "sums", "shape", "operands", "proxy"
GROUPS = (SPEC, SUMS, SHAPE, OPERANDS)
"""The groups that every architecture has, in the order in which they are named."""
TOLD = (SPEC, SHAPE, OPERANDS)
"""Those of them that a regression is told where nobody says."""
LISTED = (SPEC, SUMS)
"""Those of what an architecture lists: what is not listed of one is 0."""


@dataclass(frozen=True)
class Description:
    """What one architecture is.

    Attributes:
        values: Finite numbers by ``GROUP:NAME``; what is not there is not known, or 0 where it is of ``LISTED``.
        reason: Why it cannot be described; empty where it is.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""


def specified(architecture: Architecture) -> Description:
    """What is counted of an architecture as it is listed, alone."""
    return Description({f"{SPEC}:{name}": value for name, value in features(architecture).items()})


class Describes(Protocol):
    """Whatever describes the architectures of one space."""

    @property
    def space(self) -> SearchSpace:
        """The space."""
        ...

    def describe(self, architectures: Sequence[Architecture]) -> list[Description]:
        """Describe architectures of the space, in their order."""
        ...


@dataclass(frozen=True)
class Source:
    """Describes architectures by counting and by looking at untrained models.

    Attributes:
        space: What builds the models.
        groups: Some of ``GROUPS``.
        proxies: Proxies whose scores are features as well, exact ones.
        probe: What models are shown.
        home: The cache folder of the sketches.
        workers: Where models are built; no description depends on it.
        watch: Told how it goes.
    """

    space: SearchSpace
    groups: tuple[str, ...]
    proxies: tuple[Proxy, ...]
    probe: Probe
    home: Path
    workers: Workers = field(default_factory=Workers)
    watch: Watch = field(default=unwatched, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Check that there is anything to describe by, or raise InputError."""
        unknown = [group for group in self.groups if group not in GROUPS]
        if unknown or not (self.groups or self.proxies):
            found = repr(unknown[0]) if unknown else "none"
            raise InputError(f"`features`: expected some of {', '.join(GROUPS)} or proxies, found {found}")

    def describe(self, architectures: Sequence[Architecture]) -> list[Description]:
        """Describe architectures; one of which no model can be built, or that no proxy can score, has a reason."""
        listed = [group for group in LISTED if group in self.groups]
        rows: list[dict[str, float] | str] = [
            {f"{group}:{name}": value for group in listed for name, value in features(one).items()}
            for one in architectures
        ]
        if SHAPE in self.groups and architectures:
            table = shape_columns(self.space, architectures).tolist()
            _join(rows, SHAPE, [dict(zip(SHAPE_COLUMNS, row, strict=True)) for row in table])
        if architectures and (OPERANDS in self.groups or self.proxies):
            with self.workers.open(self.probe.device) as engine:
                if OPERANDS in self.groups:
                    _join(rows, OPERANDS, self._branches(architectures, engine))
                if self.proxies:
                    _join(rows, PROXY, self._scores(architectures, engine))
        return [Description(reason=row) if isinstance(row, str) else Description(row) for row in rows]

    def _branches(self, architectures: Sequence[Architecture], engine: Engine) -> list[dict[str, float] | str]:
        told = counting(self.watch, "operands")
        return branch_rows(self.space, architectures, self.probe, home=self.home, engine=engine, progress=told)

    def _scores(self, architectures: Sequence[Architecture], engine: Engine) -> list[dict[str, float] | str]:
        told = counting(self.watch, "scoring")
        rows = score_architectures(self.space, architectures, self.proxies, self.probe, engine=engine, progress=told)
        found: list[dict[str, float] | str] = []
        for row in rows:
            named = list(zip(self.proxies, row, strict=True))
            missing = [f"{proxy.name}: {one.reason or one.status.value}" for proxy, one in named if one.value is None]
            scores = {proxy.name: one.value for proxy, one in named if one.value is not None}
            found.append(missing[0] if missing else scores)
        return found


def _join(rows: list[dict[str, float] | str], group: str, found: Sequence[Mapping[str, float] | str]) -> None:
    """Join what a group says to the rows; what has a reason keeps the first."""
    for index, (row, more) in enumerate(zip(rows, found, strict=True)):
        if isinstance(row, str):
            continue
        if isinstance(more, str):
            rows[index] = more
        else:
            row.update({f"{group}:{name}": float(value) for name, value in more.items()})


@dataclass(frozen=True)
class Known:
    """Describes architectures that were described before, and asks somebody else about others.

    Attributes:
        source: Who is asked.
        known: By digest of the architecture.
    """

    source: Describes
    known: Mapping[str, Description]

    @classmethod
    def of(cls, source: Describes, architectures: Sequence[Architecture]) -> Known:
        """Describe some architectures once for all."""
        digests = [architecture.digest for architecture in architectures]
        return cls(source, dict(zip(digests, source.describe(architectures), strict=True)))

    @property
    def space(self) -> SearchSpace:
        """The space."""
        return self.source.space

    def describe(self, architectures: Sequence[Architecture]) -> list[Description]:
        """As that of the source, without computing anything twice."""
        digests = [architecture.digest for architecture in architectures]
        new = {d: a for d, a in zip(digests, architectures, strict=True) if d not in self.known}
        fresh = dict(zip(new, self.source.describe(list(new.values())), strict=True)) if new else {}
        return [self.known[digest] if digest in self.known else fresh[digest] for digest in digests]
