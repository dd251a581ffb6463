"""``lpzero principles diff``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run


def test_what_differs(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(file.read_text())
    document["principles"] = document["principles"][:1]
    file.with_name("q.json").write_text(json.dumps(document))
    assert run(["principles", "diff", "p.json", "q.json", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["id"], one["change"]) for one in found["changes"]] == [("even", "removed"), ("words", "removed")]
    assert run(["principles", "diff", "p.json", "q.json"]) == 0
    assert "soft: heads.trend in {constant}" in capsys.readouterr().out
    assert run(["principles", "diff", "p.json", "p.json"]) == 0
    assert capsys.readouterr().out == "no principle differs\n"
