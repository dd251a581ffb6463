"""The folder of a search: beside settings and events, every score and measured cost as a line, and the result."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from typing import Any

from lpzero.costs.cost import CostValue
from lpzero.errors import InputError
from lpzero.files import append_lines, write_json, write_text
from lpzero.nas.ledger import Scored
from lpzero.nas.result import Pick, SearchResult
from lpzero.proxy.score import ScoreStatus
from lpzero.run_folder import Found, RunFolder
from lpzero.settings import parse_json, read_bounded, read_document, reason_of
from lpzero.spaces.architecture import Architecture

LARGEST = 1 << 32
SCORED, COSTS, RESULT, FRONT = "scored.jsonl", "costs.jsonl", "result.json", "front.csv"
PICKS, TRAININGS, SEARCHED = "architectures", "trainings", "searched.json"


class PicksRunFolder(RunFolder[Found]):
    """The folder of whatever searches architectures; see :class:`lpzero.run_folder.RunFolder`."""

    result_file, of, remedy = RESULT, "a search", "begin a new search"

    def keep_cost(self, key: str, name: str, cost: CostValue) -> None:
        """Append a measured cost: a search that goes on decides by the same numbers."""
        self._append(COSTS, [{"model": key, "cost": name, "value": cost.value, "interval": cost.interval}])

    def kept_costs(self) -> dict[tuple[str, str], CostValue]:
        """Every measured cost so far, by key of the model and name; a last line that a kill cut off is dropped.

        Raises:
            InputError: Another line is damaged.
        """
        return dict(_cost(line, place) for place, line in self._lines(COSTS))

    def write_front(self, front: Sequence[Pick]) -> None:
        """Write the front as a table."""
        text = io.StringIO()
        costs = list(front[0].costs)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["key", "score", *costs, "config"])
        for pick in front:
            writer.writerow([pick.key, repr(pick.score), *(pick.costs[name] for name in costs), pick.config])
        write_text(self.path / FRONT, text.getvalue())

    def _append(self, name: str, documents: list[dict[str, Any]]) -> None:
        append_lines(self.path / name, map(json.dumps, documents))

    def _lines(self, name: str) -> list[tuple[str, str]]:
        """The whole lines of a file as (place, text), without what a kill left of a last one."""
        path = self.path / name
        if not path.exists():
            return []
        try:
            text = read_bounded(path, LARGEST)
        except (OSError, ValueError) as err:
            raise InputError(f"{path}: expected lines of JSON, found {reason_of(err)}: begin a new search") from None
        whole = text[: text.rfind("\n") + 1]
        return [(f"{path}, line {number}", line) for number, line in enumerate(whole.splitlines(), start=1)]


class SearchRunFolder(PicksRunFolder[SearchResult]):
    """The folder of one search by proxies."""

    kind = SearchResult

    def keep(self, batch: list[Scored]) -> None:
        """Append scores, one line each, so that none is computed twice."""
        self._append(
            SCORED,
            [{"architecture": s.architecture.to_json(), "scores": s.scores, "status": s.status} for s in batch],
        )

    def kept(self, proxies: int) -> list[Scored]:
        """Every score so far, by so many proxies; a last line that a kill cut off is dropped.

        Raises:
            InputError: Another line is damaged.
        """
        return [_scored(line, place, proxies) for place, line in self._lines(SCORED)]

    def keep_end(self, scored: int) -> None:
        """Note how many the search had scored when its time was over: one that goes on ends there as well."""
        write_json(self.path / SEARCHED, {"scored": scored})

    def kept_end(self) -> int | None:
        """How many that were; None where the search has not ended; raises InputError where the file is damaged."""
        path = self.path / SEARCHED
        if not path.exists():
            return None
        scored = read_document(path).get("scored")
        if type(scored) is not int or scored < 1:
            raise InputError(f"{path}: expected the number of scored architectures: begin a new search")
        return scored


def _scored(line: str, place: str, proxies: int) -> Scored:
    try:
        document = parse_json(line)
        scores = document["scores"]
        if not isinstance(scores, list) or len(scores) != proxies:
            raise TypeError
        numbers = tuple(None if score is None else finite(score) for score in scores)
        status = ScoreStatus(document["status"])
        if (status is ScoreStatus.OK) != (None not in numbers):
            raise ValueError
        return Scored(Architecture.from_json(document["architecture"]), numbers, status.value)
    except (ValueError, KeyError, TypeError, InputError):
        raise InputError(f"{place}: expected a scored architecture: begin a new search") from None


def _cost(line: str, place: str) -> tuple[tuple[str, str], CostValue]:
    try:
        document = parse_json(line)
        value, bounds = document["value"], document["interval"]
        key, name = document["model"], document["cost"]
        numbers = [finite(number) for number in ([value] if bounds is None else [value, *bounds])]
        if len(numbers) not in (1, 3):
            raise TypeError
        if not isinstance(key, str) or not isinstance(name, str):
            raise TypeError
        first, *ends = numbers
        return (key, name), CostValue(first, (ends[0], ends[1]) if ends else None)
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{place}: expected a measured cost: begin a new search") from None


def finite(value: Any) -> float:
    """A number of a document, finite; raises TypeError or ValueError for anything else."""
    if type(value) not in (int, float):
        raise TypeError
    try:
        number = float(value)
    except OverflowError:
        raise ValueError from None
    if not math.isfinite(number):
        raise ValueError
    return number
