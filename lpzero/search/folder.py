"""The folder of a search: beside settings and events, every score and measured cost as a line, and the result."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lpzero.errors import InputError
from lpzero.files import write_json, write_text
from lpzero.run_folder import CONFIG, RunFolder
from lpzero.search.config import SearchConfig
from lpzero.search.cost import Measured
from lpzero.search.ledger import Scored
from lpzero.settings import check_settings, read_document
from lpzero.spaces.architecture import Architecture

SCORED, COSTS, RESULT, FRONT = "scored.jsonl", "costs.jsonl", "result.json", "front.csv"
PICKS, TRAININGS, SEARCHED = "architectures", "trainings", "searched.json"


class SearchFolder(RunFolder):
    """The folder of one search.

    Args:
        path: The folder.
    """

    @classmethod
    def create(cls, path: Path, config: SearchConfig) -> SearchFolder:
        """Begin a search in a new folder; raises as :meth:`lpzero.run_folder.RunFolder.begin` does."""
        run = cls(path)
        run.begin(config.model_dump(), f", or continue it with --resume {path}")
        return run

    @classmethod
    def open(cls, path: Path) -> tuple[SearchFolder, SearchConfig]:
        """Open a search to continue it; raises InputError where the folder holds none."""
        if not (path / CONFIG).is_file():
            raise InputError(f"{path}: expected the folder of a search with {CONFIG}, found none")
        return cls(path), check_settings(SearchConfig, read_document(path / CONFIG), source=str(path / CONFIG))

    def keep(self, found: list[Scored]) -> None:
        """Append scores, one line each, so that none is computed twice."""
        self._append(
            SCORED,
            [{"architecture": s.architecture.to_json(), "scores": s.scores, "status": s.status} for s in found],
        )

    def kept(self) -> list[Scored]:
        """Every score so far; a last line that a kill cut off is dropped.

        Raises:
            InputError: Another line is damaged.
        """
        return [_scored(line, place) for place, line in self._lines(SCORED)]

    def keep_cost(self, key: str, name: str, cost: Measured) -> None:
        """Append a measured cost: a search that goes on decides by the same numbers."""
        self._append(COSTS, [{"model": key, "cost": name, "value": cost.value, "interval": cost.interval}])

    def kept_costs(self) -> dict[tuple[str, str], Measured]:
        """Every measured cost so far, by key of the model and name; likewise."""
        return dict(_cost(line, place) for place, line in self._lines(COSTS))

    def _append(self, name: str, documents: list[dict[str, Any]]) -> None:
        with (self.path / name).open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps(document) + "\n" for document in documents))
            file.flush()
            os.fsync(file.fileno())

    def _lines(self, name: str) -> list[tuple[str, str]]:
        """The whole lines of a file as (place, text); what a kill left of a last one is cut off."""
        path = self.path / name
        if not path.exists():
            return []
        text = path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            write_text(path, whole)
        return [(f"{path}, line {number}", line) for number, line in enumerate(whole.splitlines(), start=1)]

    def keep_end(self, scored: int) -> None:
        """Note how many the search had scored when its time was over: one that goes on ends there as well."""
        write_json(self.path / SEARCHED, {"scored": scored})

    def kept_end(self) -> int | None:
        """How many that were; None where the search has not ended; raises InputError where the file is damaged."""
        path = self.path / SEARCHED
        if not path.exists():
            return None
        scored = read_document(path).get("scored")
        if not isinstance(scored, int):
            raise InputError(f"{path}: expected the number of scored architectures: begin a new search")
        return scored

    def write_front(self, rows: list[dict[str, Any]]) -> None:
        """Write the front as a table."""
        text = io.StringIO()
        costs = list(rows[0]["costs"])
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["key", "score", *costs, "config"])
        for row in rows:
            writer.writerow([row["key"], repr(row["score"]), *(row["costs"][name] for name in costs), row["config"]])
        write_text(self.path / FRONT, text.getvalue())

    def write_result(self, document: Mapping[str, Any]) -> None:
        """Write the result, last of all: a folder with one is whole."""
        write_json(self.path / RESULT, document)

    def read_result(self) -> dict[str, Any] | None:
        """The result of a finished search; None where it is not finished; raises InputError where it is damaged."""
        path = self.path / RESULT
        return read_document(path) if path.exists() else None


def _scored(line: str, place: str) -> Scored:
    try:
        document = json.loads(line)
        scores = tuple(document["scores"])
        # older lpzero kept no status
        status = str(document.get("status", "failed" if None in scores else "ok"))
        return Scored(Architecture.from_json(document["architecture"]), scores, status)
    except (ValueError, KeyError, TypeError, InputError):
        raise InputError(f"{place}: expected a scored architecture: begin a new search") from None


def _cost(line: str, place: str) -> tuple[tuple[str, str], Measured]:
    try:
        document = json.loads(line)
        interval = document["interval"]
        measured = Measured(float(document["value"]), None if interval is None else (interval[0], interval[1]))
        return (str(document["model"]), str(document["cost"])), measured
    except (ValueError, KeyError, TypeError, IndexError):
        raise InputError(f"{place}: expected a measured cost: begin a new search") from None
