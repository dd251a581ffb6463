"""The article of a table."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import lpzero.tables
from lpzero.errors import InputError
from lpzero.reporting.articles.table import article, is_table
from lpzero.reporting.blocks import Grid, Picture, Text

BUNDLED = Path(lpzero.tables.__file__).parent / "bundled"


def test_a_bundled_table_has_its_noise_baselines_and_best(tmp_path: Path) -> None:
    folder = BUNDLED / "gpt2-own"
    assert is_table(folder)
    found = article(folder, "one")
    assert (found.kind, found.state) == ("tables build", "finished")
    blocks = [block for section in found.sections for block in section.blocks]
    assert sum(isinstance(block, Picture) for block in blocks) == 2
    best = blocks[[isinstance(b, Grid) and b.caption.startswith("The 20 best of 128") for b in blocks].index(True)]
    assert isinstance(best, Grid)
    losses = [float(row[2] or 0) for row in best.rows]
    # lower is better there
    assert losses == sorted(losses)
    assert not is_table(tmp_path)


def test_one_that_is_being_built_says_so(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text('{"space": "gpt2"}')
    (tmp_path / "trainings").mkdir()
    name = f"0001-0-{'a' * 16}.json"
    (tmp_path / "trainings" / name).write_text('{"status": "ok"}')
    (tmp_path / "trainings" / "notes.json").write_text("no training")
    found = article(tmp_path, "one")
    assert found.state == "unfinished"
    warning = found.sections[0].blocks[0]
    assert isinstance(warning, Text)
    assert warning.warning
    assert found.brief == {"trainings": "1"}


def test_a_damaged_card_is_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "table"
    shutil.copytree(BUNDLED / "gpt2-own", folder)
    card = json.loads((folder / "card.json").read_text())
    card["figures"]["baselines"] = {"width": {"tau_a": "high"}}
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match=r"figures.baselines: expected figures of rankings, found others"):
        article(folder, "one")
