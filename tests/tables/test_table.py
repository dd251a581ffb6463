"""Table: direction, duplicates, groups and digest of a performance table."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Record, Table


def architecture(heads: int) -> Architecture:
    return Architecture.of("flexibert", {"hidden_size": 128}, [{"heads": heads}])


def table(*records: tuple[str, int, float], higher_is_better: bool = True) -> Table:
    return Table(
        name="small",
        space="flexibert",
        protocols=("trained", "listed"),
        quality="GLUE",
        unit="points of 100",
        higher_is_better=higher_is_better,
        records=tuple(Record(name, architecture(heads), quality) for name, heads, quality in records),
        source="a test",
        licence="none",
        notes=(),
    )


def test_a_table_finds_its_space_by_its_name_or_by_its_file(space_file: Path) -> None:
    named = table(("a", 2, 1.0))
    assert [named.search_space(asked).protocol for asked in (None, "listed")] == ["trained", "listed"]
    with pytest.raises(InputError, match="table small was measured on other models than 'own'"):
        named.search_space("own")
    space = get_space(str(space_file))
    filed = replace(named, space="tiny", protocols=(space.protocol,), reference=str(space_file))
    assert filed.search_space() == space
    assert filed.digest == named.digest


class ParitySpace:
    """A stand-in for a protocol that builds one model from every even number of heads."""

    def model_key(self, architecture: Architecture) -> str:
        """Even or odd."""
        return str(int(architecture.layer(0)["heads"]) % 2)


def test_the_direction_is_applied_once() -> None:
    values = np.array([3.0, 1.5])
    up, down = (table(("a", 2, 3.0), ("b", 4, 1.5), higher_is_better=higher) for higher in (True, False))
    np.testing.assert_array_equal(up.qualities, values)
    np.testing.assert_array_equal(up.oriented, values)
    np.testing.assert_array_equal(down.qualities, values)
    np.testing.assert_array_equal(down.oriented, -values)
    assert up.qualities.dtype == np.float64


def test_an_array_is_no_window_into_the_table() -> None:
    small = table(("a", 2, 3.0))
    small.oriented[0] = 0.0
    small.qualities[0] = 0.0
    assert small.qualities[0] == 3.0


def test_duplicates_are_the_records_with_the_same_architecture() -> None:
    small = table(("a", 2, 1.0), ("b", 4, 2.0), ("c", 2, 3.0), ("d", 8, 4.0), ("e", 2, 5.0), ("f", 8, 6.0))
    assert small.duplicates() == ((0, 2, 4), (3, 5))
    assert table(("a", 2, 1.0), ("b", 4, 2.0)).duplicates() == ()


def test_groups_follow_what_the_protocol_builds() -> None:
    small = table(("a", 3, 1.0), ("b", 4, 2.0), ("c", 2, 3.0), ("d", 5, 4.0))
    groups = small.groups(cast(SearchSpace, ParitySpace()))
    np.testing.assert_array_equal(groups, [0, 1, 1, 0])


@pytest.mark.parametrize(
    "other",
    [
        table(("b", 2, 3.0), ("c", 4, 1.0)),
        table(("a", 3, 3.0), ("c", 4, 1.0)),
        table(("a", 2, 3.0000000001), ("c", 4, 1.0)),
        table(("c", 4, 1.0), ("a", 2, 3.0)),
    ],
    ids=["id", "architecture", "quality", "order"],
)
def test_the_digest_changes_with_every_part_of_the_records(other: Table) -> None:
    small = table(("a", 2, 3.0), ("c", 4, 1.0))
    assert len(small.digest) == 64
    assert small.digest == replace(small, notes=("a note",)).digest
    assert small.digest != other.digest


def test_a_table_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        table(("a", 2, 3.0)).name = "other"  # type: ignore[misc]


def test_the_protocol_is_one_that_the_table_was_measured_on() -> None:
    measured = table(("a", 2, 1.0))
    assert measured.protocol(None) == "trained"
    assert measured.protocol("listed") == "listed"
    with pytest.raises(InputError, match=r"^table small was measured on other models than 'own': expected trained, "):
        measured.protocol("own")
