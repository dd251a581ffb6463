"""The run folder of an evolution: beside what every discovery keeps, what it began with and where it stands."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from lpzero.errors import InputError
from lpzero.evolution.discovery.folder import DiscoveryRunFolder
from lpzero.files import write_json, write_text
from lpzero.formula import parse
from lpzero.proxy.discovery import EvolveResult, Start
from lpzero.settings import one_line, place_in, read_document

START, CHECKPOINT = "start.json", "state/checkpoint.json"
LARGEST_CHECKPOINT = 1 << 32


class EvolutionRunFolder(DiscoveryRunFolder[EvolveResult]):
    """The folder of one evolution; see :class:`lpzero.run_folder.RunFolder`."""

    kind = EvolveResult

    def write_checkpoint(self, document: dict[str, Any]) -> None:
        """Replace the checkpoint."""
        write_text(self.path / CHECKPOINT, json.dumps(document, allow_nan=False))

    def read_checkpoint(self) -> dict[str, Any] | None:
        """The last checkpoint; None where the run has none yet."""
        path = self.path / CHECKPOINT
        return read_document(path, largest=LARGEST_CHECKPOINT) if path.exists() else None

    def write_start(self, start: Start) -> None:
        """Keep what the first populations hold."""
        write_json(self.path / START, start.to_json())

    def read_start(self) -> Start | None:
        """What the first populations hold; None where that is not known yet.

        Raises:
            InputError: The file is damaged.
        """
        path = self.path / START
        if not path.exists():
            return None
        try:
            start = Start.model_validate(read_document(path))
            return Start(enumerated=start.enumerated, formulas=[str(parse(text)) for text in start.formulas])
        except ValidationError as err:
            fault = err.errors(include_url=False)[0]
            reason = f"{place_in(fault['loc'])}: {one_line(fault['msg'])}"
        except InputError as err:
            reason = str(err)
        raise InputError(f"{path}: expected the start of a run, found {reason}: begin a new run")
