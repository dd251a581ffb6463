"""What the process of a model leaves with ``--isolate``: checked like anything that a user gives."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lpzero.errors import InputError, LpzeroError, MissingError, NoResultError
from lpzero.settings import one_line

_ERRORS = {kind.exit_code: kind for kind in (LpzeroError, InputError, MissingError, NoResultError)}


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _Score(_Answer):
    proxy: str
    value: float | None
    direction: Literal["higher", "lower"]
    status: str
    seconds: float


class _Costs(_Answer):
    params: float
    nonembedding: float
    bytes: float
    flops: float


class _Percentiles(_Answer):
    space: str
    protocol: str
    drawn: int
    of: dict[str, float | None]


class _Document(_Answer):
    model: str
    space: str | None
    protocol: str | None
    params: float
    costs: _Costs
    seed: int
    batch_sha256: str
    scores: list[_Score]
    percentiles: _Percentiles | None


class _Failure(_Answer):
    error: str
    exit_code: int


def unreadable(text: str) -> LpzeroError:
    """The error of an answer that is none."""
    return LpzeroError(f"{text}: expected a result, found something else: its code wrote where lpzero writes")


def checked(answer: Any, text: str, seed: int, names: list[str]) -> dict[str, Any]:
    """The document in an answer, or the error in it, raised.

    Args:
        answer: What was read, anything.
        text: The model.
        seed: Seed of the scores.
        names: Names of the proxies, in the order of the scores.

    Raises:
        LpzeroError: The process says that there is none and why, or the answer is not one of ours.
    """
    try:
        if isinstance(answer, dict) and "error" in answer:
            failure = _Failure.model_validate(answer)
            raise _ERRORS.get(failure.exit_code, LpzeroError)(one_line((failure.error.splitlines() or [""])[0]))
        found = _Document.model_validate(answer)
    except ValidationError:
        raise unreadable(text) from None
    if (found.model, found.seed, [score.proxy for score in found.scores]) != (text, seed, names):
        raise unreadable(text)
    if found.percentiles is not None and found.percentiles.of.keys() != set(names):
        raise unreadable(text)
    document: dict[str, Any] = answer
    return document
