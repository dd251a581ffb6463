"""How a model is asked is checked, and what came of it is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.llm import CeilingError, Ceilings, Number, Prices, Request
from lpzero.predictors.prompted import Asking
from lpzero.progress import Progress
from tests.llm.server import Server, says

REQUESTS = [Request.of([f"question {i}"], Number(0, 100)) for i in range(3)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"samples": 0}, "`samples`: expected from 1 to 100, found 0"),
        ({"samples": 101}, "`samples`: expected from 1 to 100, found 101"),
        ({"at_once": 0}, "`at_once`: expected from 1 to 64, found 0"),
        ({"samples": 2}, "`samples`: at a `temperature` of 0 all would say the same"),
    ],
)
def test_numbers_out_of_range_are_refused(given: dict[str, Any], message: str, asking: Callable[..., Asking]) -> None:
    with pytest.raises(InputError, match=message):
        asking(**given)


def test_it_says_how_far_it_is_and_counts(asking: Callable[..., Asking], llm_server: Server) -> None:
    llm_server.does(says("5"), says("nothing"), says("6"), says("7"))
    told: list[Progress] = []
    priced = asking()
    priced = replace(priced, access=replace(priced.access, prices=Prices(1.0, 2.0)))
    with priced.open(told.append) as asker:
        assert [reply.value for reply in asker.ask(REQUESTS)] == [5.0, 6.0, 7.0]
        found = asker.figures()
    assert [one.facts for one in told] == [f"{i}/3 replies" for i in range(4)]
    assert (found.replies, found.statuses, found.repaired, found.calls) == (3, {"ok": 3}, 1, 4)
    assert (found.money, found.sd, found.estimated) == (pytest.approx(0.0002), None, False)


def test_a_ceiling_ends_it_and_what_came_before_is_kept(asking: Callable[..., Asking], llm_server: Server) -> None:
    llm_server.does(says("5"))
    limited = asking()
    limited = replace(limited, access=replace(limited.access, ceilings=Ceilings(calls=2)))
    with limited.open() as asker, pytest.raises(CeilingError, match="`call_limit`"):
        asker.ask(REQUESTS)
    with limited.open() as asker:
        assert len(asker.ask(REQUESTS)) == 3
        assert asker.figures().calls == 1
    assert len(llm_server.seen) == 3
