"""A fitted predictor on disk: a JSON document that says what it is, and numbers beside it. Nothing is pickled.

Of a regression what is kept are the labels with their descriptions, not weights: reading fits it again, which takes
less than a second and gives the same numbers, bit for bit, with the same versions. Of a language model the
demonstrations are kept, of a student its weights, of one that a package brings what it says of itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from lpzero import plugins
from lpzero.errors import InputError, LpzeroError
from lpzero.files import write_bytes, write_json
from lpzero.formula import parse
from lpzero.predictors.description import Describes, Description, Source
from lpzero.predictors.distilled import DISTILLED, Student
from lpzero.predictors.kept.arrays import arrays_path, damaged, packed_arrays, read_arrays
from lpzero.predictors.kept.brought import KeptBrought, brought_document, restored_brought
from lpzero.predictors.kept.document import (
    BroughtDocument,
    Document,
    KeptProxy,
    PromptedDocument,
    RegressionDocument,
    StudentDocument,
    shared_fields,
    space_digest,
)
from lpzero.predictors.prediction import Fitted, Labelled
from lpzero.predictors.prompted import LLM, Asker, FittedPrompted, Prompt, Prompted, Task
from lpzero.predictors.regression import FittedRegression, Regression
from lpzero.proxy.proxy import Proxy
from lpzero.settings import one_line, place_in, read_document
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

__all__ = [
    "Describing",
    "Document",
    "KeptPrompt",
    "arrays_path",
    "is_kept",
    "labels_kept",
    "read_predictor_document",
    "restored",
    "save",
    "space_digest",
]

_LOG = logging.getLogger(__name__)
_KINDS: dict[str, type[Document]] = {LLM: PromptedDocument, DISTILLED: StudentDocument}
"""The documents of what is no regression."""


@dataclass(frozen=True)
class KeptPrompt:
    """What is kept of a language model: what it is shown.

    Attributes:
        prompt: The prompt.
    """

    prompt: Prompt


Kept = FittedRegression | KeptPrompt | Student | KeptBrought
Describing = Callable[[Document, tuple[Proxy, ...]], Describes]
"""Gives what describes other architectures."""


def save(path: Path, fitted: Kept, source: Source) -> None:
    """Keep a fitted predictor.

    Args:
        path: The document, with the suffix ``.json``; its arrays lie beside it.
        fitted: The predictor.
        source: What described its labels.

    Raises:
        InputError: The suffix is another, or a predictor that a package brings cannot be kept.
        LpzeroError: It cannot be written.
    """
    if path.suffix != ".json":
        raise InputError(f"{path}: expected a file with the suffix .json: rename it")
    content: bytes | None = None
    document: Document
    if isinstance(fitted, KeptBrought):
        document = brought_document(fitted, source)
    elif isinstance(fitted, KeptPrompt):
        document = _prompted_document(fitted, source)
    elif isinstance(fitted, Student):
        content, sha256 = packed_arrays(fitted.arrays())
        fields = shared_fields(source, fitted.labels)
        document = StudentDocument(**fields, **fitted.fields(), predictor=DISTILLED, sha256=sha256)
    else:
        document, content = _regression_document(fitted, source)
    try:
        if content is not None:
            write_bytes(arrays_path(path), content)
        write_json(path, document.to_json())
    except OSError as err:
        raise LpzeroError(f"{path} cannot be written: {err.strerror or err}") from err


def _regression_document(fitted: FittedRegression, source: Source) -> tuple[Document, bytes]:
    labelled = fitted.labelled.ordered()
    described = fitted.predictor.source.describe(labelled.architectures)
    columns = sorted(frozenset().union(*(one.values for one in described)))
    rows = [[one.values.get(name, np.nan) for name in columns] for one in described]
    content, sha256 = packed_arrays(
        {
            "described": np.array(rows, dtype=np.float64).reshape(len(described), len(columns)),
            "usable": np.array([not one.reason for one in described]),
            "quality": labelled.quality,
        }
    )
    document = RegressionDocument(
        **shared_fields(source, labelled.architectures),
        predictor=fitted.predictor.kind,
        higher_is_better=labelled.higher_is_better,
        noise=labelled.noise,
        level=fitted.predictor.level,
        columns=columns,
        sha256=sha256,
    )
    return document, content


def _prompted_document(fitted: KeptPrompt, source: Source) -> Document:
    labelled, task = fitted.prompt.labelled.ordered(), fitted.prompt.task
    return PromptedDocument(
        **shared_fields(source, labelled.architectures),
        predictor=LLM,
        higher_is_better=labelled.higher_is_better,
        noise=labelled.noise,
        level=None,
        quality=task.quality,
        unit=task.unit,
        qualities=labelled.quality.tolist(),
    )


def is_kept(path: Path) -> bool:
    """Whether a file is that of a kept predictor, whole or damaged; a proxy's file is none."""
    if not path.is_file():
        return False
    try:
        return "predictor" in read_document(path)
    except InputError:
        return False


def read_predictor_document(path: Path, *, usable: bool = True) -> Document:
    """Read what a file says a predictor is.

    Args:
        path: The file.
        usable: Whether the packages have to be installed that it depends on.

    Raises:
        InputError: It is no file of a predictor.
        MissingError: A package is not installed that it depends on.
    """
    found = read_document(path)
    kind = BroughtDocument if "state" in found else _KINDS.get(str(found.get("predictor")), RegressionDocument)
    try:
        document = kind.model_validate(found)
        if usable:
            plugins.require(document.plugins, path)
        return document
    except ValidationError as err:
        first = err.errors(include_url=False)[0]
        place = place_in(first["loc"]) or "the whole"
        raise InputError(f"{path}: {place}: {one_line(first['msg'])}: fit the predictor again") from None


def restored(
    path: Path, document: Document, space: SearchSpace, describing: Describing, asker: Asker | None = None
) -> Fitted:
    """The predictor that a document holds.

    Args:
        path: The file of the document.
        document: What stands in it.
        space: Its space.
        describing: Gives what describes other architectures.
        asker: Who is asked, where the predictor is a language model.

    Raises:
        InputError: The space is another than the one that it was fitted on, a file is damaged, or nobody can be asked.
    """
    if space_digest(space) != document.space_sha256:
        raise InputError(
            f"{path}: expected the space {document.space}, protocol {document.protocol}, as it was when the predictor "
            "was fitted, found another: fit it again"
        )
    architectures = labels_kept(path, document, space)
    changed = [f"{k} {v}" for k, v in document.versions.items() if _version(k) != v]
    if changed:
        found = one_line(", ".join(changed))
        _LOG.warning("%s was fitted with %s: its numbers may differ in the last places", path, found)
    if isinstance(document, PromptedDocument):
        return _prompted(path, document, space, architectures, asker)
    source = describing(document, tuple(_proxy(path, proxy) for proxy in document.proxies))
    if isinstance(document, BroughtDocument):
        return restored_brought(path, document, source)
    if isinstance(document, StudentDocument):
        file = arrays_path(path)
        return Student.of(document, read_arrays(file, document.sha256, Student.ARRAYS), source, architectures, file)
    assert isinstance(document, RegressionDocument)
    described, quality = _labels(arrays_path(path), document)
    labelled = _labelled(path, document, architectures, quality)
    return Regression(document.predictor, source, document.level).fit_described(labelled, described)


def labels_kept(path: Path, document: Document, space: SearchSpace) -> tuple[Architecture, ...]:
    """The labelled architectures of a document; raises InputError where one is not of the space."""
    try:
        architectures = tuple(Architecture.from_json(label) for label in document.labels)
        for architecture in architectures:
            space.validate(architecture)
    except InputError as err:
        raise InputError(f"{path}: labels: {one_line(str(err), 300)}: fit the predictor again") from None
    return architectures


def _labelled(path: Path, document: Document, architectures: tuple[Architecture, ...], quality: np.ndarray) -> Labelled:
    try:
        return Labelled(architectures, quality, document.higher_is_better, document.noise)
    except InputError as err:
        raise InputError(f"{path}: labels: {one_line(str(err), 300)}: fit the predictor again") from None


def _prompted(
    path: Path,
    document: PromptedDocument,
    space: SearchSpace,
    architectures: tuple[Architecture, ...],
    asker: Asker | None,
) -> FittedPrompted:
    if asker is None:
        raise InputError(f"`endpoint` and `model` are missing: {path} asks a language model, and does not say which")
    labelled = _labelled(path, document, architectures, np.array(document.qualities, dtype=np.float64))
    task = Task(document.quality, document.unit, document.higher_is_better)
    return Prompted(space, task, asker).fit(labelled)


def _labels(path: Path, document: RegressionDocument) -> tuple[list[Description], np.ndarray]:
    shape = (len(document.labels), len(document.columns))
    arrays = read_arrays(path, document.sha256, ("described", "usable", "quality"))
    rows, usable, quality = arrays["described"], arrays["usable"], arrays["quality"]
    if rows.shape != shape or usable.shape != shape[:1] or quality.shape != shape[:1]:
        raise damaged(path, f"expected arrays of {shape[0]} labels and {shape[1]} columns, found {rows.shape}")
    if not all(np.issubdtype(one.dtype, np.floating) for one in (rows, quality)):
        raise damaged(path, "its arrays are no numbers")
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
