"""A fitted predictor on disk: a JSON document that says what it is, and its labels as numbers beside it.

What is kept are the labels with their descriptions, not weights: reading fits the regression again, which takes less
than a second and gives the same numbers, bit for bit, with the same versions. Nothing is pickled.
"""

from __future__ import annotations

import hashlib
import io
import logging
import struct
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lpzero.errors import InputError, LpzeroError
from lpzero.files import write_bytes, write_json
from lpzero.formula import parse
from lpzero.predictors.description import Describes, Description, Source
from lpzero.predictors.prediction import Labelled
from lpzero.predictors.regression import FittedRegression, Regression
from lpzero.proxy.proxy import Proxy
from lpzero.settings import one_line, place_in, read_document
from lpzero.spaces.architecture import Architecture, digest_of
from lpzero.spaces.space import SearchSpace

LARGEST = 1 << 28
# zipfile has no error of its own for an archive of a later version, nor for one that asks for a password
_UNREADABLE = (NotImplementedError, RuntimeError, struct.error, zipfile.BadZipFile)
_DAMAGED = (OSError, ValueError, KeyError, EOFError, MemoryError, *_UNREADABLE)
_LOG = logging.getLogger(__name__)


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


class KeptProbe(_Part):
    """What models are shown, as of :class:`lpzero.operands.probe.Probe`."""

    seed: Annotated[int, Field(ge=0)]
    batch: Annotated[int, Field(ge=1)]
    tokens: Annotated[int, Field(ge=2)]
    elements: Annotated[int, Field(ge=16)]


class Document(_Part):
    """The document of a fitted predictor.

    Attributes:
        schema_: 1.
        predictor: One of the regressions.
        space: Name of the space.
        protocol: Which model an architecture stands for.
        space_sha256: Of the space's declaration, as of :func:`space_digest`.
        higher_is_better: Direction of the values.
        noise: Standard deviation between trainings of one model; None where that is not known.
        level: Confidence level of the intervals; None for no intervals.
        features: Groups of features.
        proxies: Those whose scores are features.
        probe: What models are shown.
        columns: Names of the numbers that describe a label, in the order of the array ``described``.
        labels: The labelled architectures, in the order of the arrays.
        sha256: Of the file with the arrays.
        versions: Of the packages that the numbers depend on.
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
    columns: list[str]
    labels: list[dict[str, Any]]
    sha256: str
    versions: dict[str, str]


def space_digest(space: SearchSpace) -> str:
    """SHA-256 of what a space declares: its name, protocol, choices, vocabulary and length."""
    whole, layer = (
        [[list(choice.names), [list(value) for value in choice.values]] for choice in choices]
        for choices in (space.choices.whole, space.choices.layer)
    )
    return digest_of([space.name, space.protocol, whole, layer, space.vocabulary, space.max_tokens])


def arrays_path(path: Path) -> Path:
    """The file with the arrays of a document: its name with another suffix."""
    return path.with_suffix(".npz")


def save(path: Path, fitted: FittedRegression, source: Source) -> None:
    """Keep a fitted regression.

    Args:
        path: The document, with the suffix ``.json``; its arrays lie beside it.
        fitted: The regression.
        source: What described its labels.

    Raises:
        InputError: The suffix is another.
        LpzeroError: It cannot be written.
    """
    if path.suffix != ".json":
        raise InputError(f"{path}: expected a file with the suffix .json: rename it")
    labelled = fitted.labelled.ordered()
    described = fitted.predictor.source.describe(labelled.architectures)
    columns = sorted(frozenset().union(*(one.values for one in described)))
    rows = [[one.values.get(name, np.nan) for name in columns] for one in described]
    buffer = io.BytesIO()
    np.savez(
        buffer,
        described=np.array(rows, dtype=np.float64).reshape(len(described), len(columns)),
        usable=np.array([not one.reason for one in described]),
        quality=labelled.quality,
    )
    content = buffer.getvalue()
    document = Document(
        schema_=1,
        predictor=fitted.predictor.kind,
        space=source.space.name,
        protocol=source.space.protocol,
        space_sha256=space_digest(source.space),
        higher_is_better=labelled.higher_is_better,
        noise=labelled.noise,
        level=fitted.predictor.level,
        features=list(source.groups),
        proxies=[_kept(proxy) for proxy in source.proxies],
        probe=KeptProbe(**{name: getattr(source.probe, name) for name in KeptProbe.model_fields}),
        columns=columns,
        labels=[architecture.to_json() for architecture in labelled.architectures],
        sha256=hashlib.sha256(content).hexdigest(),
        versions={name: metadata.version(name) for name in ("lpzero", "MAPIE", "numpy", "scikit-learn", "torch")},
    )
    try:
        write_bytes(arrays_path(path), content)
        write_json(path, document.model_dump(by_alias=True))
    except OSError as err:
        raise LpzeroError(f"{path} cannot be written: {err.strerror or err}") from err


def _kept(proxy: Proxy) -> KeptProxy:
    formula = None if proxy.formula is None else str(proxy.formula)
    return KeptProxy(name=proxy.name, formula=formula, metric=proxy.metric, higher_is_better=proxy.higher_is_better)


def read_predictor_document(path: Path) -> Document:
    """Read what a file says a predictor is; raises InputError where it is none."""
    try:
        return Document.model_validate(read_document(path))
    except ValidationError as err:
        first = err.errors(include_url=False)[0]
        place = place_in(first["loc"]) or "the whole"
        raise InputError(f"{path}: {place}: {one_line(first['msg'])}: fit the predictor again") from None


def restored(
    path: Path, document: Document, space: SearchSpace, describing: Callable[[Document, tuple[Proxy, ...]], Describes]
) -> FittedRegression:
    """Fit the regression that a document holds.

    Args:
        path: The file of the document.
        document: What stands in it.
        space: Its space.
        describing: Gives what describes other architectures.

    Raises:
        InputError: The space is another than the one that it was fitted on, or a file is damaged.
    """
    if space_digest(space) != document.space_sha256:
        raise InputError(
            f"{path}: expected the space {document.space}, protocol {document.protocol}, as it was when the predictor "
            "was fitted, found another: fit it again"
        )
    described, quality = _arrays(arrays_path(path), document)
    try:
        architectures = tuple(Architecture.from_json(label) for label in document.labels)
        for architecture in architectures:
            space.validate(architecture)
        labelled = Labelled(architectures, quality, document.higher_is_better, document.noise)
    except InputError as err:
        raise InputError(f"{path}: labels: {one_line(str(err), 300)}: fit the predictor again") from None
    changed = [f"{k} {v}" for k, v in document.versions.items() if _version(k) != v]
    if changed:
        _LOG.warning("%s was fitted with %s: its numbers may differ in the last places", path, ", ".join(changed))
    source = describing(document, tuple(_proxy(path, proxy) for proxy in document.proxies))
    return Regression(document.predictor, source, document.level).fit_described(labelled, described)


def _arrays(path: Path, document: Document) -> tuple[list[Description], np.ndarray]:
    shape = (len(document.labels), len(document.columns))
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if hashlib.sha256(content).hexdigest() != document.sha256:
            raise ValueError("its checksum is another")
        with zipfile.ZipFile(io.BytesIO(content)) as members:
            if any(member.compress_type != zipfile.ZIP_STORED for member in members.infolist()):
                # a few bytes could stand for more than any memory
                raise ValueError("its arrays are compressed")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            rows, usable, quality = arrays["described"], arrays["usable"], arrays["quality"]
        if rows.shape != shape or usable.shape != shape[:1] or quality.shape != shape[:1]:
            raise ValueError(f"expected arrays of {shape[0]} labels and {shape[1]} columns, found {rows.shape}")
        if not all(np.issubdtype(one.dtype, np.floating) for one in (rows, quality)):
            raise ValueError("its arrays are no numbers")
    except _DAMAGED as err:
        raise InputError(f"{path} is damaged ({one_line(str(err), 200)}): fit the predictor again") from None
    described = [
        Description({name: float(v) for name, v in zip(document.columns, row, strict=True) if not np.isnan(v)})
        if ok
        else Description(reason="it could not be described when the predictor was fitted")
        for row, ok in zip(rows, usable, strict=True)
    ]
    return described, np.asarray(quality, dtype=np.float64)


def _proxy(path: Path, kept: KeptProxy) -> Proxy:
    from lpzero.metrics import get_metric

    if (kept.formula is None) == (kept.metric is None):
        raise InputError(f"{path}: proxies: expected a formula or a metric: fit it again")
    if kept.metric is not None:
        get_metric(kept.metric)
    formula = None if kept.formula is None else parse(kept.formula)
    return Proxy(kept.name, formula, kept.metric, kept.higher_is_better)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except (metadata.PackageNotFoundError, ValueError):
        return None
