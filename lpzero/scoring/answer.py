"""What the process of a model leaves with ``--isolate``: checked like anything that a user gives."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from lpzero.errors import InputError, LpzeroError, MissingError, NoResultError
from lpzero.scoring.result import ModelScore
from lpzero.settings import one_line

_ERRORS = {kind.exit_code: kind for kind in (LpzeroError, InputError, MissingError, NoResultError)}


class _Failure(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    error: str
    exit_code: int


def unreadable(text: str) -> LpzeroError:
    """The error of an answer that is none."""
    return LpzeroError(f"{text}: expected a result, found something else: its code wrote where lpzero writes")


def checked(answer: Any, text: str, seed: int, names: list[str]) -> ModelScore:
    """The scores in an answer, or the error in it, raised.

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
        found = ModelScore.model_validate(answer)
    except ValidationError:
        raise unreadable(text) from None
    if (found.model, found.seed, [score.proxy for score in found.scores]) != (text, seed, names):
        raise unreadable(text)
    if found.percentiles is not None and found.percentiles.of.keys() != set(names):
        raise unreadable(text)
    return found
