"""What two files of principles say differently."""

from __future__ import annotations

from lpzero.principles.difference import differences
from tests.principles.test_check import ANY, DEEP, made


def test_what_became_of_each() -> None:
    old = made({"rule": DEEP}, {"rule": ANY}, {"rule": DEEP, "id": "gone"}, {"status": "advice", "id": "words"})
    new = made({"rule": DEEP}, {"rule": DEEP, "status": "relaxed"}, {"rule": ANY, "id": "new"})
    found = {one.id: one for one in differences(old, new)}
    assert list(found) == ["p1", "gone", "words", "new"]
    assert found["p1"].changed == ["rule", "status"]
    assert (found["p1"].old, found["p1"].new) == ("hard: depth in {2, 4}", "relaxed: depth in {4}")
    assert (found["gone"].change, found["gone"].new) == ("removed", None)
    assert found["words"].old == "advice: words"
    assert (found["new"].change, found["new"].old) == ("added", None)
    assert differences(old, old) == []
