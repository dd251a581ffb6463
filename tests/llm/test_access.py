"""How a model is used, as a value."""

from __future__ import annotations

from pathlib import Path

import pytest

import lpzero.llm as llm
from lpzero.errors import InputError
from lpzero.llm.access import Access, ask
from lpzero.llm.endpoint import Endpoint
from lpzero.llm.ledger import CeilingError, Ceilings
from lpzero.llm.numbers import Number
from lpzero.llm.request import Request
from tests.llm.server import Server, says

REQUEST = Request.of(["BLEU:"], Number(0, 100, "BLEU"))


def test_files_are_opened_and_closed_with_the_model(llm_server: Server, tmp_path: Path) -> None:
    llm_server.does(says("25.6"))
    access = Access(
        Endpoint(llm_server.address, "m", key_variable=None),
        cache=tmp_path / "c.sqlite",
        ledger=tmp_path / "llm.jsonl",
        ceilings=Ceilings(calls=1),
    )
    for _ in range(2):
        assert ask(REQUEST, access).value == 25.6
    with access.open() as model, pytest.raises(CeilingError):
        model.ask(Request.of(["another"], Number(0, 100)))
    assert len(llm_server.seen) == 1


def test_values_that_contradict_each_other_open_nothing(tmp_path: Path) -> None:
    endpoint = Endpoint("http://127.0.0.1:9/v1", "m")
    with pytest.raises(InputError, match="expected prices beside it"):
        ask(REQUEST, Access(endpoint, ledger=tmp_path / "l.jsonl", ceilings=Ceilings(money=1.0)))
    with pytest.raises(InputError, match="expected a cache that answers"):
        ask(REQUEST, Access(endpoint, ledger=tmp_path / "l.jsonl", offline=True))
    # nobody is kept out afterwards
    with Access(endpoint, ledger=tmp_path / "l.jsonl").open():
        pass


def test_the_front_has_what_is_needed_to_ask() -> None:
    assert all(hasattr(llm, name) for name in llm.__all__)
