"""Results that a command printed and somebody kept."""

from __future__ import annotations

import json
from pathlib import Path

from lpzero.proxy.leave_one_out import LeaveOneOutResult
from lpzero.proxy.transfer import TransferResult
from lpzero.reporting.articles.kept import compared, left_out_in_turn, predicted, ranked, transferred
from lpzero.reporting.blocks import Grid, Picture
from tests.reporting.test_results import COMPARE, CURVE, EVAL, RANK

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
