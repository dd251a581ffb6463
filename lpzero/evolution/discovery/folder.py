"""The run folder of a discovery: everything as text, files replaced atomically, never overwritten.

``config.json`` and ``env.json`` say what was run on what, ``split.json`` which records were used for what,
``events.jsonl`` what happened, ``front.csv`` and ``best.json`` what came out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from lpzero.errors import InputError
from lpzero.files import write_json, write_text
from lpzero.fitness import Split
from lpzero.proxy.discovery import DiscoveryResult, EnumerateResult, EvolveResult, FrontFormula
from lpzero.proxy.provenance import BEST
from lpzero.run_folder import RunFolder
from lpzero.settings import read_document

if TYPE_CHECKING:
    from lpzero.evolution.discovery.setting import Setting

SPLIT, FRONT = "split.json", "front.csv"
Discovered = TypeVar("Discovered", EvolveResult, EnumerateResult, DiscoveryResult)


class DiscoveryRunFolder(RunFolder[Discovered]):
    """The folder of one evolution or enumeration; see :class:`lpzero.run_folder.RunFolder`."""

    result_file, of, remedy = BEST, "a run", "delete the file"

    def keep_split(self, parts: Split, ids: list[str], table_sha256: str) -> None:
        """Keep which records of which table are for what, by their ids.

        Raises:
            InputError: The run was begun with another split, or its table has changed since.
        """
        self._keep(_named(parts, ids, table_sha256))

    def keep_splits(self, settings: Sequence[Setting[Any]]) -> None:
        """The same for several tables, the first as if it were alone; raises alike."""
        first, *others = (
            _named(setting.parts, [record.id for record in setting.table.records], setting.table.digest)
            for setting in settings
        )
        beside = {setting.table.name: named for setting, named in zip(settings[1:], others, strict=True)}
        self._keep({**first, "beside": beside} if beside else first)

    def _keep(self, named: dict[str, object]) -> None:
        path = self.path / SPLIT
        if path.exists() and read_document(path) != named:
            raise InputError(f"{path}: the table or its split is not that which the run began with: begin a new run")
        write_json(path, named)

    def write_front(self, front: Sequence[FrontFormula]) -> None:
        """Write the front as a table."""
        text = io.StringIO()
        rows = [formula.to_json() for formula in front]
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.path / FRONT, text.getvalue())


def _named(parts: Split, ids: list[str], table_sha256: str) -> dict[str, object]:
    """Which records of a table are for what, by their ids, and the digest of all."""
    named: dict[str, object] = {name: [ids[i] for i in indices] for name, indices in parts.to_json().items()}
    return {**named, "table_sha256": table_sha256}
