"""What a search against a table works on: space, table, split and pass, before the first formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np

from lpzero.errors import InputError
from lpzero.evolution.discovery.config import Config
from lpzero.fitness import Split, split
from lpzero.fitness.strata import Pairs, counted_pairs
from lpzero.operands.brought import derived_named
from lpzero.operands.probe import Probe, probe_batch
from lpzero.principles.refined import refined_by_settings
from lpzero.proxy.score import shape_of
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table, load_table


@dataclass(frozen=True)
class Setting(Generic[Config]):
    """Everything that follows from the settings of a run before the first formula.

    Attributes:
        config: The settings.
        space: The space under the protocol of the settings.
        table: The table.
        groups: (records,) int, records of which the space builds one model share a label.
        parts: Which records are for what; those that break the principles of the settings are in none.
        probe: What architectures are shown, and how much of it is kept.
    """

    config: Config
    space: SearchSpace
    table: Table
    groups: np.ndarray
    parts: Split
    probe: Probe

    @property
    def seen(self) -> list[int]:
        """Indices of the search split, then of the validation split."""
        return [*self.parts.search, *self.parts.validation]

    @property
    def tested(self) -> list[int]:
        """Indices of the sealed test, or of as many as the settings want of it."""
        return self._sample(self.parts.test)

    @property
    def held_out(self) -> list[int]:
        """Indices of what is judged of a table that takes no part in the search; likewise."""
        return self._sample(sorted((*self.parts.search, *self.parts.validation, *self.parts.test)))

    def _sample(self, indices: Sequence[int]) -> list[int]:
        size = self.config.test_size
        if len(indices) <= size:
            return list(indices)
        rng = np.random.default_rng(derived_seed(self.config.seed, "test"))
        return sorted(rng.choice(np.array(indices), size, replace=False).tolist())

    @property
    def seen_architectures(self) -> tuple[Architecture, ...]:
        """The architectures of the search split, then of the validation split."""
        return tuple(self.table.records[i].architecture for i in self.seen)

    @property
    def counted(self) -> Pairs | None:
        """(seen, seen) bool, which pairs of search, then validation, formulas are ranked by; None for all."""
        return counted_pairs(self.config.pairs, np.array(self.sizes))

    @property
    def sizes(self) -> tuple[float, ...]:
        """What says which pairs count, (seen,): widths, or parameters outside the embeddings; empty where all count."""
        if self.config.pairs == "all":
            return ()
        shapes = [shape_of(self.space, architecture) for architecture in self.seen_architectures]
        return tuple(float(s.width if self.config.pairs == "width" else s.decoder_params) for s in shapes)


def load(config: Config, table: Table | None = None) -> Setting[Config]:
    """Load the table and draw the split.

    Args:
        config: The settings.
        table: The table, where it was loaded before; None to load it.

    Raises:
        InputError: Unknown name, a table of another space, a size out of range, a device that is not there, or
            principles that are unusable in the space.
        MissingError: The table is not here.
        NoResultError: No record keeps the principles.
    """
    table = load_table(config.table) if table is None else table
    if table.space != config.space:
        raise InputError(f"table {table.name} is of space {table.space}, found `space` {config.space}")
    space = table.search_space(config.protocol)
    groups = table.groups(space)
    rng = np.random.default_rng(derived_seed(config.seed, "split"))
    inside = records_inside(table, space, config.principles)
    drawn = split(groups[inside], search=config.search_size, validation=config.validation_size, rng=rng)
    parts = Split(*(tuple(int(inside[i]) for i in part) for part in (drawn.search, drawn.validation, drawn.test)))
    probe = Probe(
        seed=config.seed,
        batch=config.batch,
        tokens=config.tokens,
        elements=config.elements,
        device=config.device,
        derived=tuple(row.name for row in derived_named(config.operands)),
    )
    # a batch that does not fit is refused here, before there is a run folder
    probe_batch(space, probe)
    setting = Setting(config, space, table, groups, parts, probe)
    counted, searched = setting.counted, len(parts.search)
    if counted is not None and not counted[:searched, :searched].any():
        raise InputError(
            f"no two of the {searched} architectures of the search split are of {_WHICH[config.pairs]}: raise "
            "`search_size`, or give `pairs` all"
        )
    return setting


def records_inside(table: Table, space: SearchSpace, principles: dict[str, Any] | None) -> np.ndarray:
    """The places of the records that keep what a file of principles says, all of them without one; raises as load."""
    within = refined_by_settings(space, principles)
    if within is None:
        return np.arange(table.n)
    return np.array(within.inside([record.architecture for record in table.records], table.name))


_WHICH = {"matched": "matched size", "width": "equal width"}
