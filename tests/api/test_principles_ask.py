"""Principles that a model proposes of a table of the package, from a server of ours."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import lpzero
from lpzero.errors import InputError, NoResultError
from lpzero.llm import Access, Endpoint
from lpzero.principles import read_principles
from tests.llm.server import Behaviour, Server, says

WIDE = {"op": "ge", "feature": "d_model", "value": 96}


def access(server: Server) -> Access:
    return Access(Endpoint(server.address, "m", key_variable=None, max_tokens=2000))


def reply(*rules: dict[str, Any] | None) -> str:
    return json.dumps({"principles": [{"statement": "words", "rule": rule} for rule in rules]})


def test_what_survives_is_written(llm_server: Server, tmp_path: Path) -> None:
    invented = {"op": "ge", "feature": "skill", "value": 4}
    llm_server.does(says(reply(WIDE, invented, None)))
    found = lpzero.ask_principles("gpt2-own", tmp_path / "p.json", access(llm_server), top="20%")
    assert (found.status, found.by, found.proposed, found.survived) == ("ok", "model", 2, 1)
    document = read_principles(tmp_path / "p.json")
    assert [one.status for one in document.principles] == ["active", "dropped", "advice"]
    assert (document.source.by, document.source.model) == ("model", "m")
    assert lpzero.check_principles(tmp_path / "p.json").source == found.source


def test_prose_is_no_result_unless_the_table_is_mined(llm_server: Server, tmp_path: Path) -> None:
    llm_server.does(says("Wider is better, I think."))
    with pytest.raises(NoResultError, match=r"^m: expected a JSON object, found none: try another model, or `or_mine`"):
        lpzero.ask_principles("gpt2-own", tmp_path / "p.json", access(llm_server), top="20%")
    assert not (tmp_path / "p.json").exists()
    found = lpzero.ask_principles("gpt2-own", tmp_path / "p.json", access(llm_server), top="20%", or_mine=True)
    assert (found.status, found.by, found.survived) == ("malformed", "miner", 0)
    assert read_principles(tmp_path / "p.json").source.by == "miner"


def test_another_ending(llm_server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`output`"):
        lpzero.ask_principles("gpt2-own", tmp_path / "p.toml", access(llm_server))
    with pytest.raises(InputError, match="`shown`: expected at least 1, found 0"):
        lpzero.ask_principles("gpt2-own", tmp_path / "p.json", access(llm_server), shown=0)
    assert llm_server.seen == []


NARROW = {"op": "le", "feature": "d_model", "value": 96}
HALF = {"op": "eq", "feature": "d_model", "value": 256}


def test_what_drops_the_best_of_the_source_is_dropped_with_the_reason(llm_server: Server, tmp_path: Path) -> None:
    llm_server.does(says(reply(HALF, WIDE)))
    found = lpzero.ask_principles("gpt2-own", tmp_path / "p.json", access(llm_server), top="20%")
    first, second = read_principles(tmp_path / "p.json").principles
    assert (first.status, second.status, found.survived) == ("dropped", "active", 1)
    assert re.fullmatch(r"with it \d+\.\d% of the top stay: expected at least 95%", first.history[0].reason)


def test_where_nothing_survives_the_reasons_are_told(llm_server: Server, tmp_path: Path) -> None:
    invented = {"op": "ge", "feature": "skill", "value": 4}
    llm_server.does(says(reply(invented, HALF, NARROW, NARROW)))
    said = (
        r"^m: none of 4 rules is borne out by gpt2-own \(m1: rule: unknown feature 'skill': .*; m2: with it .* of the "
        r"top stay.*; m3: its lift is not surely above 1.*; \.\.\.\): try another model, or `or_mine`$"
    )
    with pytest.raises(NoResultError, match=said):
        lpzero.ask_principles("gpt2-own", tmp_path / "p.json", access(llm_server), top="20%")
    assert not (tmp_path / "p.json").exists()


@pytest.mark.parametrize(
    ("does", "said"),
    [
        (says(""), "nothing"),
        (says('{"principles": [{"statement": "wide", "rule"', finish="length"), "cut"),
        (says("[]"), "expected a JSON object"),
        (says(None, refusal="I will not"), "I will not"),
    ],
)
def test_other_replies_are_no_principles(llm_server: Server, tmp_path: Path, does: Behaviour, said: str) -> None:
    llm_server.does(does)
    with pytest.raises(NoResultError, match=said + ".*: try another model, or `or_mine`"):
        lpzero.ask_principles("gpt2-own", tmp_path / "p.json", access(llm_server), top="20%")
