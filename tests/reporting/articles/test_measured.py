"""What the proxy of a run measures: results that somebody kept in the run's folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.reporting.articles.measured import kept_sections
from lpzero.reporting.blocks import Code
from tests.reporting.articles.test_kept import TRANSFER


def test_a_transfer_beside_a_run_is_shown(tmp_path: Path) -> None:
    (tmp_path / "transfer.json").write_text(json.dumps(TRANSFER))
    assert [one.title for one in kept_sections(tmp_path, "t", "one")] == ["What it measures", "Transfer"]


def test_without_an_explanation_the_command_that_makes_one_is_shown(tmp_path: Path) -> None:
    (section,) = kept_sections(tmp_path, "gpt2-own", "one")
    code = section.blocks[1]
    assert isinstance(code, Code)
    assert code.text == f"lpzero explain {tmp_path} --table gpt2-own --json > {tmp_path}/explain.json"


@pytest.mark.parametrize("name", ["explain.json", "transfer.json"])
def test_a_damaged_one_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text('{"schema": 1}')
    with pytest.raises(InputError, match=rf"{name}: expected the result of lpzero .*: remove it to go without"):
        kept_sections(tmp_path, "t", "one")
