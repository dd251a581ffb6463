"""Columns that a table was published with, by name."""

from __future__ import annotations

import pytest

from lpzero.errors import InputError
from lpzero.tables.measured import Beside, Column

COLUMN = Column("hat", "a supernet's", "BLEU", True, "expensive", True, (1.0, 2.0))


def test_a_column_is_found_by_its_name() -> None:
    assert Beside((COLUMN,)).column("hat") is COLUMN
    with pytest.raises(InputError, match="unknown column 'hut': expected one of hat"):
        Beside((COLUMN,)).column("hut")
    with pytest.raises(InputError, match="unknown column 'hat': expected one of none"):
        Beside().column("hat")
