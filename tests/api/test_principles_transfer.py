"""Principles of one table of the package, judged on itself and on another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import lpzero
from lpzero.errors import InputError, NoResultError


def written(folder: Path, **rule: Any) -> Path:
    """A file of one principle of the space gpt2."""
    document = {
        "schema": "lpzero.principles/1",
        "space": {"name": "gpt2"},
        "principles": [{"id": "one", "statement": "", "rule": rule}],
    }
    path = folder / "p.json"
    path.write_text(json.dumps(document))
    return path


def test_a_file_judged_on_a_table(tmp_path: Path) -> None:
    path = written(tmp_path, op="ge", feature="d_model", value=192)
    found = lpzero.transfer_principles(path, "gpt2-own:own", trials=5, seeds=5)
    assert (found.source, found.space, found.target.table) == (str(path), "gpt2", "gpt2-own")
    assert found.target.kept == pytest.approx(0.4, abs=0.1)
    assert found.difference is not None
    assert found.difference.difference > 0
    assert found.matched_size is not None
    # width for depth at equal size: what a wider model gains of its size is gone
    assert abs(found.matched_size.difference) < found.difference.difference
    assert found.replay is not None
    assert (found.replay.trials, found.replay.seeds) == (5, 5)
    assert found == lpzero.transfer_principles(path, "gpt2-own", trials=5, seeds=5)


def test_a_table_is_mined(monkeypatch: pytest.MonkeyPatch) -> None:
    found = lpzero.transfer_principles("gpt2-own", "gpt2-own", top="20%", trials=3, seeds=2)
    assert found.target.top_kept >= 0.95
    assert found.principles
    assert found.left_behind == []


def test_nothing_carries_over(tmp_path: Path) -> None:
    path = written(tmp_path, op="ge", feature="d_model", value=192)
    with pytest.raises(NoResultError, match="says anything of flexibert: one: rule: unknown feature 'd_model'"):
        lpzero.transfer_principles(path, "flexibert-own")


@pytest.mark.parametrize("given", [{"trials": 0}, {"seeds": 1}])
def test_what_is_out_of_range(given: dict[str, int]) -> None:
    with pytest.raises(InputError, match="`trials`, `seeds`"):
        lpzero.transfer_principles("gpt2-own", "gpt2-own", **given)


def test_what_is_mined_means_the_same_in_the_other_space(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The depths of the two are others: no rule is about them, though they tell the top of the one from the rest."""
    monkeypatch.setenv("LPZERO_DATA", str(data))
    found = lpzero.transfer_principles("transxl-wt103", "gpt2-wt103", trials=2, seeds=2)
    assert found.principles
    assert "depth" not in json.dumps([one["rule"] for one in found.principles])
    assert (
        lpzero.transfer_principles("transxl-wt103", "transxl-wt103", trials=2, seeds=2).principles != found.principles
    )
