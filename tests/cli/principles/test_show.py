"""``lpzero principles show``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run


def test_a_table(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["principles", "show", str(file)]) == 0
    out = capsys.readouterr().out
    assert "version 2, space gpt2, protocol own, mined from the top 26 of 128 records of gpt2-own, at equal size" in out
    assert "d_model ≥ 192" in out
    assert "soft x2" in out
    assert "wide, version 2: seen again" in out


def test_markdown_is_escaped(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["principles", "show", str(file), "--markdown"]) == 0
    out = capsys.readouterr().out
    assert "| wide | hard | d\\_model ≥ 192 | 100% | 40% | 2.50 | 2.00 to 3.00 | 1.50 | 95% |" in out
    assert "- wide: wide \\| is \\<good\\>" in out


def test_the_document(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["principles", "show", str(file), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in shown["principles"]] == ["wide", "even", "words"]


def test_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["principles", "show", "none.json"]) == 2
    assert "none.json: no such file" in capsys.readouterr().err
