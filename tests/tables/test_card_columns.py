"""Columns on a card: read as they were written, and refused where they do not fit the records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.tables.card_columns import ColumnDocument, beside_of, check_columns, read_columns
from lpzero.tables.document import check


def _column(**changed: Any) -> dict[str, Any]:
    facts = {"name": "loss", "meaning": "m", "unit": "nats", "higher_is_better": False, "cost": "cheap"}
    return {**facts, "of_quality": False, "values": [1.0, 2.0], **changed}


def test_columns_are_read_with_their_values() -> None:
    read = read_columns({"name": "card", "columns": [_column()]})
    columns = [check(ColumnDocument, one, "card.json") for one in read["columns"]]
    found = beside_of(columns).column("loss")
    assert (found.values, found.unit, found.higher_is_better) == ((1.0, 2.0), "nats", False)
    assert read_columns({"name": "card"}) == {"name": "card"}


@pytest.mark.parametrize("columns", ["none", [3], [_column(values="x")]])
def test_whatever_stands_there_is_left_to_the_check(columns: Any) -> None:
    assert read_columns({"columns": columns})["columns"] == (tuple(columns) if isinstance(columns, list) else columns)


def test_too_few_values_and_a_name_twice_are_refused() -> None:
    one = check(ColumnDocument, {**_column(), "values": (1.0, 2.0)}, "card.json")
    check_columns((one,), 2, Path("card.json"))
    with pytest.raises(InputError, match="each of 3 records"):
        check_columns((one,), 3, Path("card.json"))
    with pytest.raises(InputError, match="one twice"):
        check_columns((one, one), 2, Path("card.json"))
