"""Every row of the table names parts that blocks of its family have."""

from __future__ import annotations

import pytest

from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.cutting.layout import part
from tests.compression.tiny import tiny


@pytest.mark.parametrize("family", FAMILIES)
def test_a_row_names_parts_that_are_there(family: str) -> None:
    places, model = FAMILIES[family], tiny(family)
    block = part(model, places.blocks)[0]
    norms = [path for path in (places.attention_norm, places.feed_forward_norm) if path is not None]
    paths = [path for path, _ in places.projections] + [*places.inner, *places.feed_forward, *norms]
    for path in [*paths, places.attention_out, places.outer]:
        part(block, path)
    attention = part(block, places.attention)
    assert all(isinstance(getattr(attention, name), int) for name in (*places.heads, *places.width))
    assert {one for _, parts in places.projections for one in parts} == {"query", "key", "value"}
