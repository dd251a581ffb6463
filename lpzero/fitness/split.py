"""Search, validation and sealed test: drawn by seed, duplicates of one architecture on one side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpzero.errors import InputError


@dataclass(frozen=True)
class Split:
    """Indices of a table's records, sorted; together every record once.

    Attributes:
        search: What a formula's fitness is computed on.
        validation: What the choice among found formulas also looks at.
        test: What nothing looks at before the final report.
    """

    search: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]

    def to_json(self) -> dict[str, list[int]]:
        """Plain lists of indices."""
        return {"search": list(self.search), "validation": list(self.validation), "test": list(self.test)}


def split(groups: np.ndarray, *, search: int, validation: int, rng: np.random.Generator) -> Split:
    """Draw a split.

    Whole groups are dealt in random order, each to the first part that still has room for all of it.

    Args:
        groups: (records,) int; records with one label are the same architecture and stay together.
        search: Records of the search part, at least 4.
        validation: Records of the validation part, at least 0.
        rng: Source of randomness.

    Returns:
        A split with exactly these sizes where the groups allow it (single records fill up), else up to one
        group smaller.

    Raises:
        InputError: A size is out of its range, or fewer than 4 records would be left for the test.

    >>> split(np.array([0, 0, 1, 2, 3, 4, 5, 6, 7, 8]), search=4, validation=0, rng=np.random.default_rng(1))
    Split(search=(0, 1, 2, 8), validation=(), test=(3, 4, 5, 6, 7, 9))
    """
    if search < 4 or validation < 0 or search + validation + 4 > len(groups):
        raise InputError(
            f"expected a search size of at least 4, a validation size of at least 0 and 4 records left for the "
            f"test, found {search} and {validation} of {len(groups)}"
        )
    parts: tuple[list[int], list[int]] = ([], [])
    rest: list[int] = []
    for label in rng.permutation(np.unique(groups)):
        members = np.flatnonzero(groups == label).tolist()
        for part, room in zip(parts, (search, validation), strict=True):
            if len(part) + len(members) <= room:
                part.extend(members)
                break
        else:
            rest.extend(members)
    return Split(*(tuple(sorted(part)) for part in (*parts, rest)))
