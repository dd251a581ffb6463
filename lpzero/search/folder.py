"""The folder of a search: beside settings and events, every score as a line, and the result."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

from lpzero.errors import InputError
from lpzero.files import write_json, write_text
from lpzero.run_folder import CONFIG, RunFolder
from lpzero.search.config import SearchConfig
from lpzero.search.ledger import Scored
from lpzero.settings import check_settings, read_document
from lpzero.spaces.architecture import Architecture

SCORED, RESULT, FRONT, PICKS = "scored.jsonl", "result.json", "front.csv", "architectures"


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
        lines = [json.dumps({"architecture": s.architecture.to_json(), "scores": s.scores}) for s in found]
        with (self.path / SCORED).open("a", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())

    def kept(self) -> list[Scored]:
        """Every score so far; a last line that a kill cut off is dropped.

        Raises:
            InputError: Another line is damaged.
        """
        path = self.path / SCORED
        if not path.exists():
            return []
        text = path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            write_text(path, whole)
        return [_scored(line, f"{path}, line {number}") for number, line in enumerate(whole.splitlines(), start=1)]

    def write_result(self, document: dict[str, Any], picks: list[Architecture]) -> None:
        """Write the front as a table, the best architectures as files, and the result last of all."""
        text = io.StringIO()
        costs = list(document["front"][0]["costs"])
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["key", "scores", *costs])
        for row in document["front"]:
            scores = " ".join(format(score, ".8g") for score in row["scores"])
            writer.writerow([row["key"], scores, *(row["costs"][name] for name in costs)])
        write_text(self.path / FRONT, text.getvalue())
        for row, architecture in zip(document["best"], picks, strict=True):
            write_json(self.path / row["config"], architecture.to_json())
        write_json(self.path / RESULT, document)

    def read_result(self) -> dict[str, Any] | None:
        """The result of a finished search; None where it is not finished; raises InputError where it is damaged."""
        path = self.path / RESULT
        return read_document(path) if path.exists() else None


def _scored(line: str, place: str) -> Scored:
    try:
        document = json.loads(line)
        return Scored(Architecture.from_json(document["architecture"]), tuple(document["scores"]))
    except (ValueError, KeyError, TypeError, InputError):
        raise InputError(f"{place}: expected a scored architecture: begin a new search") from None
