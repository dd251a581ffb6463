"""``lpzero.list_plugins``."""

from __future__ import annotations

import lpzero
from lpzero.api.plugins import _ROOMS
from lpzero.plugins import GROUPS
from tests.conftest import Install


def test_every_group_has_a_room_that_takes_it() -> None:
    assert set(_ROOMS) == set(GROUPS)


def test_each_is_listed_with_what_came_of_loading_it(install: Install) -> None:
    entries = {group: {"mine": "X"} for group in GROUPS}
    install("lpzero_all", "X = 3\n", entries, "7")
    found = lpzero.list_plugins().plugins
    assert [(row.group, row.name, row.package, row.version, row.state) for row in found] == [
        (group, "mine", "lpzero_all", "7", "error") for group in GROUPS
    ]
    assert all(row.error and "expected" in row.error and "\n" not in row.error for row in found)
