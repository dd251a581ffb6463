"""``lpzero principles ask``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run
from tests.llm.server import Server, says

ASKED = ["principles", "ask", "--table", "gpt2-own", "--top", "20%", "--output", "p.json"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_what_survives(llm_server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    rules = [{"op": "ge", "feature": "d_model", "value": 96}, {"op": "ge", "feature": "skill", "value": 4}]
    llm_server.does(says(json.dumps({"principles": [{"statement": "words", "rule": rule} for rule in rules]})))
    server = ["--endpoint", llm_server.address, "--model", "m", "--no-key", "--max-tokens", "2000"]
    assert run([*ASKED, *server, "--cache-file", "c.sqlite"]) == 0
    out = capsys.readouterr().out
    assert "m2 was dropped: rule: unknown feature 'skill'" in out
    assert "1 of 2 rules of m survive" in out
    # what it said is in the cache
    assert run([*ASKED, *server, "--cache-file", "c.sqlite", "--offline", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["survived"] == 1
    assert len(llm_server.seen) == 1


def test_nobody_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ASKED) == 2
    assert "--endpoint and --model are missing" in capsys.readouterr().err
