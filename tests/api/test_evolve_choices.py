"""`lpzero.evolve_choices`: from a table to a run, by what is given."""

from __future__ import annotations

from pathlib import Path

import pytest

import lpzero
from lpzero.errors import InputError
from tests.compression.choices.made import made

SMALL = {"islands": 1, "population": 6, "generations": 1, "elite": 1, "migrants": 1}


def test_a_run_is_made_and_goes_on(tmp_path: Path) -> None:
    table = made(tmp_path)
    result = lpzero.evolve_choices(table.folder, output=tmp_path / "run", **SMALL)
    assert result.run == str(tmp_path / "run")
    assert lpzero.evolve_choices(resume=tmp_path / "run").to_json() == result.to_json()
    with pytest.raises(InputError, match="exists and is left as it is"):
        lpzero.evolve_choices(table.folder, output=tmp_path / "run", **SMALL)
    with pytest.raises(InputError, match="`table` has no effect beside `resume`"):
        lpzero.evolve_choices(table.folder, resume=tmp_path / "run")


def test_what_is_no_table_of_choices_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a table of choices"):
        lpzero.evolve_choices(tmp_path, output=tmp_path / "run")
    with pytest.raises(InputError, match="tables"):
        lpzero.evolve_choices(output=tmp_path / "run")
    assert not (tmp_path / "run").exists()
