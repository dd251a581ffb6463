"""The folder of a search by a schedule: every score of every predictor as a line, beside what every search keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lpzero.errors import InputError
from lpzero.nas.folder import SCORED, PicksRunFolder, finite
from lpzero.nas.ledger import Scored
from lpzero.nas.schedule.predictor import Answer
from lpzero.nas.schedule.result import ScheduleResult
from lpzero.predictors import PredictionStatus
from lpzero.proxy.score import ScoreStatus
from lpzero.settings import parse_json
from lpzero.spaces.architecture import Architecture

_VALUED = frozenset({ScoreStatus.OK.value, PredictionStatus.EXTRAPOLATED.value})
_STATUSES = _VALUED | {status.value for status in ScoreStatus} | {"failed", "diverged"}


class ScheduleRunFolder(PicksRunFolder[ScheduleResult]):
    """The folder of one search by a schedule; see :class:`lpzero.run_folder.RunFolder`."""

    kind = ScheduleResult

    def keep_answers(self, predictor: int, answers: Sequence[Answer]) -> None:
        """Append what the predictor of a place said, a line each, so that it is not asked again."""
        self._append(SCORED, [_line(predictor, answer) for answer in answers])

    def kept_answers(self, predictors: int) -> list[tuple[int, Answer]]:
        """Every answer so far, of so many predictors; a last line that a kill cut off is dropped.

        Raises:
            InputError: Another line is damaged.
        """
        return [_answer(line, place, predictors) for place, line in self._lines(SCORED)]


def _line(predictor: int, answer: Answer) -> dict[str, Any]:
    scored = answer.scored
    said = {"score": scored.scores[0], "status": scored.status, "seconds": answer.seconds, "reason": answer.reason}
    return {"predictor": predictor, "architecture": scored.architecture.to_json(), **said}


def _answer(line: str, place: str, predictors: int) -> tuple[int, Answer]:
    try:
        document = parse_json(line)
        predictor, score, status = document["predictor"], document["score"], document["status"]
        reason, seconds = document["reason"], finite(document["seconds"])
        if type(predictor) is not int or not 0 <= predictor < predictors or seconds < 0:
            raise ValueError
        if status not in _STATUSES or (status in _VALUED) != (score is not None) or not isinstance(reason, str):
            raise ValueError
        value = None if score is None else finite(score)
        scored = Scored(Architecture.from_json(document["architecture"]), (value,), status)
        return predictor, Answer(scored, seconds, reason)
    except (ValueError, KeyError, TypeError, InputError):
        raise InputError(f"{place}: expected what a predictor said: begin a new search") from None
