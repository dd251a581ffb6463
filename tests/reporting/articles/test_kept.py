"""Results that a command printed and somebody kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.proxy.leave_one_out import LeaveOneOutResult
from lpzero.proxy.transfer import TransferResult
from lpzero.reporting.articles.kept import compared, kept_sections, left_out_in_turn, predicted, ranked, transferred
from lpzero.reporting.blocks import Code, Grid, Picture
from tests.reporting.test_plots import COMPARE, CURVE, EVAL, RANK

CELL = {"protocol": "own", "n": 9, "status": "ok", "rho": None, "tau_b": None, "distinct": None, "found_here": True}
TRANSFER = {
    "schema": 1,
    "seed": 0,
    "proxies": [
        {
            "proxy": "p",
            "direction": "higher",
            "found_on": "t",
            "cells": [
                {**CELL, "table": "t", "tau_a": 0.5, "interval": [0.4, 0.6]},
                {**CELL, "table": "u", "status": "missing", "tau_a": None, "interval": None, "found_here": False},
            ],
        }
    ],
}


def test_a_transfer_is_a_matrix_that_marks_what_was_found_there() -> None:
    picture, grid = transferred(TransferResult.model_validate(TRANSFER), "one")
    assert isinstance(picture, Picture)
    assert picture.points["tau_a"] == [[0.5, None]]
    assert isinstance(grid, Grid)
    assert [row[-1] for row in grid.rows] == ["yes: no test of it", "no"]


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


def test_ranks_comparisons_and_predictions_have_a_picture_and_a_row_each() -> None:
    for blocks in (ranked(RANK, "a"), compared(COMPARE, "b"), predicted(CURVE, "c"), predicted(EVAL, "d")):
        assert any(isinstance(block, Picture) for block in blocks)
        for grid in blocks:
            if isinstance(grid, Grid):
                assert {len(row) for row in grid.rows} <= {len(grid.header)}


def test_every_table_left_out_has_its_column(runs: Path) -> None:
    found = LeaveOneOutResult.model_validate(json.loads((runs / "left-out" / "leave_one_out.json").read_text()))
    matrix = next(block for block in left_out_in_turn(found, "one") if isinstance(block, Picture))
    assert matrix.points["columns"] == ["gpt2-own", "llama-scratch-own", "llama-own"]
    assert matrix.points["rows"][0] == "formula"
