"""Predictors of other packages on disk: what one says of itself, as plain JSON, and the package that reads it again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from lpzero.errors import InputError, LpzeroError
from lpzero.predictors.brought import brought
from lpzero.predictors.description import Describes, Source
from lpzero.predictors.kept.document import BroughtDocument, shared_fields
from lpzero.predictors.prediction import Fitted, Labelled, Predictor
from lpzero.settings import reason_of


@runtime_checkable
class Keepable(Protocol):
    """What a fitted predictor has beside :class:`lpzero.predictors.Fitted` for a file to keep it."""

    def to_document(self) -> dict[str, Any]:
        """All that it knows, as plain JSON: dicts with texts as keys, lists, texts, finite numbers, booleans, None."""
        ...


@runtime_checkable
class Restores(Protocol):
    """What a predictor has beside :class:`lpzero.predictors.Predictor` for a file to keep what it fits."""

    def from_document(self, document: dict[str, Any]) -> Fitted:
        """The fitted predictor that a document is of, which says the same as the one that was kept.

        The document comes from a file: it may be damaged, and InputError says how.
        """
        ...


@dataclass(frozen=True)
class KeptBrought:
    """What is kept of a predictor that a package brings.

    Attributes:
        name: The name that it is brought under.
        fitted: The fitted predictor.
        labelled: What it was fitted to.
        level: Confidence level of its intervals.
    """

    name: str
    fitted: Fitted
    labelled: Labelled
    level: float


def check_keepable(name: str, predictor: Predictor) -> None:
    """Raise InputError where a file cannot keep what a predictor fits."""
    if not isinstance(predictor, Restores):
        raise _unkeepable(name, "from_document")


def brought_document(kept: KeptBrought, source: Source) -> BroughtDocument:
    """The document of a predictor that a package brings.

    Args:
        kept: The predictor.
        source: What described its labels.

    Raises:
        InputError: It cannot be kept, or what it says of itself is no plain JSON.
    """
    if not isinstance(kept.fitted, Keepable):
        raise _unkeepable(kept.name, "to_document")
    said: object = kept.fitted.to_document()
    try:
        plain = json.loads(json.dumps(said, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as err:
        raise InputError(f"predictor {kept.name!r}: to_document: expected plain JSON: {reason_of(err)}") from None
    # what JSON alters, such as a number as a key, would not be read again as it was
    if not isinstance(said, dict) or plain != said:
        raise InputError(
            f"predictor {kept.name!r}: to_document: expected a dict that JSON gives back as it is, found another value"
        )
    labelled = kept.labelled.ordered()
    return BroughtDocument(
        **shared_fields(source, labelled.architectures, predictor=kept.name),
        predictor=kept.name,
        higher_is_better=labelled.higher_is_better,
        noise=labelled.noise,
        level=kept.level,
        state=plain,
    )


def restored_brought(path: Path, document: BroughtDocument, source: Describes) -> Fitted:
    """The predictor that a document holds; its package is installed.

    Args:
        path: The file of the document.
        document: What stands in it.
        source: What describes other architectures.

    Raises:
        InputError: The package cannot read it.
    """
    made = brought(document.predictor)
    if made is None:
        raise InputError(f"{path}: predictor: {document.predictor!r} is of no package: fit the predictor again")
    predictor = made(source, document.level)
    check_keepable(document.predictor, predictor)
    assert isinstance(predictor, Restores)
    try:
        return predictor.from_document(document.state)
    except LpzeroError as err:
        raise InputError(f"{path}: state: {reason_of(err)}: fit the predictor again") from err
    except Exception as err:  # whatever the code of another package raises
        raise InputError(
            f"{path}: state: {document.predictor} cannot read it: {type(err).__name__}: {reason_of(err)}: fit the "
            "predictor again"
        ) from err


def _unkeepable(name: str, missing: str) -> InputError:
    return InputError(
        f"predictor {name!r}: expected {missing}, which keeps it in a file, found none: it can be evaluated alone"
    )
