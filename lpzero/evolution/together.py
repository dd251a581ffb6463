"""Several tables at once: what an evolution sees of each, side by side.

Architectures stand in one row, the search split of every table before the first validation split, as with one table.
Pairs never cross tables, and each table counts the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lpzero.errors import InputError
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.config import TablePart
from lpzero.evolution.discovery.setting import Setting, load
from lpzero.fitness.strata import Pairs
from lpzero.operands.bank import Banked
from lpzero.tables import Table


@dataclass(frozen=True)
class Together:
    """What an evolution looks at.

    Attributes:
        settings: One a table, that of the run's own settings first.
        held_out: Of tables that take no part in anything but the final figures.
    """

    settings: tuple[Setting[EvolveConfig], ...]
    held_out: tuple[Setting[EvolveConfig], ...] = ()

    @property
    def config(self) -> EvolveConfig:
        """The settings of the run."""
        return self.settings[0].config

    @property
    def first(self) -> Setting[EvolveConfig]:
        """The first table."""
        return self.settings[0]

    @property
    def searched(self) -> int:
        """Architectures of the search splits."""
        return sum(len(setting.parts.search) for setting in self.settings)

    @property
    def quality(self) -> np.ndarray:
        """(seen,), higher is better."""
        return self._row([setting.table.oriented[setting.seen] for setting in self.settings])

    @property
    def groups(self) -> np.ndarray:
        """(seen,) int: the same model of a table has the same label, and no two tables share one."""
        begins = np.cumsum([0, *(int(setting.groups.max()) + 1 for setting in self.settings)])
        return self._row([s.groups[s.seen] + begin for s, begin in zip(self.settings, begins, strict=False)])

    @property
    def tables(self) -> np.ndarray:
        """(seen,) int, the table of each, numbered from 0."""
        return self._row([np.full(len(setting.seen), number) for number, setting in enumerate(self.settings)])

    @property
    def sizes(self) -> np.ndarray:
        """(seen,), what says which pairs count; empty where all do."""
        return self._row([np.array(setting.sizes) for setting in self.settings])

    @property
    def counted(self) -> Pairs | None:
        """(seen, seen) bool, the pairs within tables that count; None for all pairs of one table."""
        if len(self.settings) == 1:
            return self.first.counted
        places = [self._row([np.full(len(s.seen), s is one) for s in self.settings]) for one in self.settings]
        found: Pairs = np.zeros((len(self.tables), len(self.tables)), bool)
        for setting, place in zip(self.settings, places, strict=True):
            member = np.flatnonzero(place)
            inside = np.ones((len(member), len(member)), bool) if setting.counted is None else setting.counted
            found[np.ix_(member, member)] = inside
        np.fill_diagonal(found, val=False)
        return found

    def banked(self, banks: Sequence[Banked]) -> Banked:
        """The sketches of one pass over every table, in the order of the row.

        Args:
            banks: Those of the tables, in their order, none without a sketch.
        """
        ends = [len(setting.parts.search) for setting in self.settings]
        search = [path for bank, end in zip(banks, ends, strict=True) for path in bank.paths[:end]]
        validation = [path for bank, end in zip(banks, ends, strict=True) for path in bank.paths[end:]]
        outlines = {path: outline for bank in banks for path, outline in bank.outlines.items()}
        return Banked((*search, *validation), outlines, {})

    def _row(self, parts: Sequence[np.ndarray]) -> np.ndarray:
        """Values of search, then validation, of every table as one row."""
        ends = [len(setting.parts.search) for setting in self.settings]
        search = [part[:end] for part, end in zip(parts, ends, strict=True)]
        return np.concatenate([*search, *(part[end:] for part, end in zip(parts, ends, strict=True))])


def load_together(config: EvolveConfig, tables: Sequence[Table] = ()) -> Together:
    """Load the tables and draw their splits.

    Args:
        config: The settings.
        tables: The tables in the order of the settings, those that are held out last, where they were loaded before.

    Raises:
        InputError: A table stands among the settings twice, one that is held out shares models with another, or as
            :func:`lpzero.evolution.discovery.setting.load` does.
    """
    parts = [None, *config.beside, *config.hold_out]
    given: list[Table | None] = [*tables, *[None] * (len(parts) - len(tables))]
    settings = [load(_of_part(config, part), table) for part, table in zip(parts, given, strict=True)]
    names = [setting.table.name for setting in settings]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"`table`: expected each table once, found {name} twice")
    together = 1 + len(config.beside)
    for held in settings[together:]:
        for other in settings[:together]:
            _check_apart(held, other)
    return Together(tuple(settings[:together]), tuple(settings[together:]))


def _of_part(config: EvolveConfig, part: TablePart | None) -> EvolveConfig:
    """The settings on one table alone."""
    if part is None:
        return config
    changed = {name: getattr(part, name) for name in ("table", "space", "protocol", "search_size", "validation_size")}
    return config.model_copy(update={**changed, "beside": [], "hold_out": []})


def _check_apart(held: Setting[EvolveConfig], other: Setting[EvolveConfig]) -> None:
    if (held.space.name, held.space.protocol) != (other.space.name, other.space.protocol):
        return
    models = {other.space.model_key(record.architecture) for record in other.table.records}
    shared = sum(held.space.model_key(record.architecture) in models for record in held.table.records)
    if shared:
        raise InputError(
            f"`hold_out` {held.table.name}: {shared} of its models are in {other.table.name} too: hold out a table of "
            "other models"
        )
