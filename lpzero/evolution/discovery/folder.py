"""A run directory: everything of one run as text, files replaced atomically, never overwritten.

``config.json`` and ``env.json`` say what was run on what, ``split.json`` which records were used for what,
``start.json`` what an evolution began with, ``events.jsonl`` what happened, ``state/checkpoint.json`` where it stands,
``front.csv`` and ``best.json`` what came out.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any, NoReturn

from lpzero.errors import InputError
from lpzero.evolution.discovery.config import Config, TableConfig
from lpzero.evolution.discovery.result import check_result
from lpzero.files import write_json, write_text
from lpzero.fitness import Split
from lpzero.formula import parse
from lpzero.run_folder import CONFIG, RunFolder
from lpzero.settings import check_settings, read_document, shorten

SPLIT, START = "split.json", "start.json"
CHECKPOINT, FRONT, BEST = "state/checkpoint.json", "front.csv", "best.json"
LARGEST_CHECKPOINT = 1 << 32
RESULT_KEYS = ("schema", "run", "table", "protocol", "seed", "evaluated", "pruned", "best", "front", "baselines")


class DiscoveryRunFolder(RunFolder):
    """The folder of one evolution or enumeration.

    Args:
        path: The folder.
    """

    @classmethod
    def create(cls, path: Path, config: TableConfig) -> DiscoveryRunFolder:
        """Begin a run in a new folder.

        Raises:
            InputError: The folder exists; it is left untouched.
            LpzeroError: It cannot be made.
        """
        run = cls(path)
        run.begin(config.model_dump(), f", or continue it with --resume {path}")
        return run

    @classmethod
    def open(cls, path: Path, kind: type[Config]) -> tuple[DiscoveryRunFolder, Config]:
        """Open a run to continue it.

        Args:
            path: The folder.
            kind: The settings of an evolution or of an enumeration.

        Raises:
            InputError: The folder holds no run, or one of another kind.
        """
        if not (path / CONFIG).is_file():
            raise InputError(f"{path}: expected a run directory with {CONFIG}, found none")
        return cls(path), check_settings(kind, read_document(path / CONFIG), source=str(path / CONFIG))

    def keep_split(self, parts: Split, ids: list[str], table_sha256: str) -> None:
        """Keep which records of which table are for what, by their ids.

        Raises:
            InputError: The run was begun with another split, or its table has changed since.
        """
        named: dict[str, object] = {name: [ids[i] for i in indices] for name, indices in parts.to_json().items()}
        named["table_sha256"] = table_sha256
        path = self.path / SPLIT
        if path.exists() and read_document(path) != named:
            raise InputError(f"{path}: the table or its split is not that which the run began with: begin a new run")
        write_json(path, named)

    def read_seen(self) -> set[str] | None:
        """The ids of the records that the run searched and validated on; None where the folder has no split.

        Raises:
            InputError: The file is damaged.
        """
        path = self.path / SPLIT
        if not path.is_file():
            return None
        named = read_document(path)
        ids: set[str] = set()
        for part in (named.get("search"), named.get("validation")):
            if not isinstance(part, list) or not all(isinstance(one, str) for one in part):
                raise InputError(f"{path}: expected the split of a run")
            ids.update(part)
        return ids

    def write_checkpoint(self, document: dict[str, Any]) -> None:
        """Replace the checkpoint."""
        write_text(self.path / CHECKPOINT, json.dumps(document, allow_nan=False))

    def read_checkpoint(self) -> dict[str, Any] | None:
        """The last checkpoint; None where the run has none yet."""
        path = self.path / CHECKPOINT
        return read_document(path, largest=LARGEST_CHECKPOINT) if path.exists() else None

    def write_start(self, document: dict[str, Any]) -> None:
        """Keep what the first populations hold."""
        write_json(self.path / START, document)

    def read_start(self) -> dict[str, Any] | None:
        """What the first populations hold; None where that is not known yet.

        Raises:
            InputError: The file is damaged.
        """
        path = self.path / START
        if not path.exists():
            return None
        document = read_document(path)
        enumerated, texts = document.get("enumerated"), document.get("formulas")
        try:
            if type(enumerated) is not int or not isinstance(texts, list):
                raise InputError("no number of formulas or no list of them")
            formulas = tuple(str(parse(text)) if isinstance(text, str) else _no_formula(text) for text in texts)
        except InputError as err:
            raise InputError(f"{path}: expected the start of a run, found {err}: begin a new run") from None
        return {"enumerated": enumerated, "formulas": formulas}

    def write_front(self, rows: list[dict[str, Any]]) -> None:
        """Write the front as a table."""
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.path / FRONT, text.getvalue())

    def write_result(self, document: dict[str, Any]) -> None:
        """Write the result, last of all: a run with a result is finished."""
        write_json(self.path / BEST, document)

    def read_result(self) -> dict[str, Any] | None:
        """The result of a finished run; None where it is not finished.

        Raises:
            InputError: There is a result, but it is damaged.
        """
        path = self.path / BEST
        if not path.exists():
            return None
        document = read_document(path)
        missing = [key for key in RESULT_KEYS if key not in document]
        if missing:
            raise InputError(f"{path}: expected the result of a run, found none of its {missing[0]!r}: delete the file")
        check_result(document, path, enumerated=self._enumerates())
        return document

    def _enumerates(self) -> bool:
        """Whether the settings are those of an enumeration; an evolution has a population."""
        path = self.path / CONFIG
        return path.is_file() and "population" not in read_document(path)


def _no_formula(value: object) -> NoReturn:
    raise InputError(f"{shorten(value)} in place of a formula")
