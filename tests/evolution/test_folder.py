"""The run folder of an evolution: its start and its checkpoint, read back as they were, damaged ones named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.folder import CHECKPOINT, START, EvolutionRunFolder
from lpzero.proxy.discovery import Start

CONFIG = EvolveConfig(space="gpt2", protocol="own", table="gpt2-own")


@pytest.fixture
def run(tmp_path: Path) -> EvolutionRunFolder:
    """A new run."""
    return EvolutionRunFolder.create(tmp_path / "run", CONFIG)


def test_a_new_run_has_neither_start_nor_checkpoint_nor_result(run: EvolutionRunFolder) -> None:
    assert (run.read_start(), run.read_checkpoint(), run.read_result()) == (None, None, None)
    assert EvolutionRunFolder.open(run.path, EvolveConfig)[1] == CONFIG


def test_a_checkpoint_is_replaced_and_read_back(run: EvolutionRunFolder) -> None:
    for document in ({"generation": 1, "best": 0.1 + 0.2}, {"generation": 2, "best": 1 / 3}):
        run.write_checkpoint(document)
        assert run.read_checkpoint() == document
    assert [path.name for path in (run.path / CHECKPOINT).parent.iterdir()] == ["checkpoint.json"]


def test_a_checkpoint_with_a_number_that_is_none_is_not_written(run: EvolutionRunFolder) -> None:
    run.write_checkpoint({"best": 0.5})
    with pytest.raises(ValueError, match="not JSON compliant"):
        run.write_checkpoint({"best": float("nan")})
    assert run.read_checkpoint() == {"best": 0.5}


def test_a_checkpoint_that_is_none_is_named(run: EvolutionRunFolder) -> None:
    (run.path / CHECKPOINT).parent.mkdir()
    for text in ("[1]", "{", '{"a": 1, "a": 2}'):
        (run.path / CHECKPOINT).write_text(text)
        with pytest.raises(InputError, match=r"checkpoint\.json: expected a JSON object, found"):
            run.read_checkpoint()


def test_a_start_is_read_back_as_it_prints(run: EvolutionRunFolder) -> None:
    start = Start(enumerated=12, formulas=["sum(l1(weight))", "mean(std(grad))"])
    run.write_start(start)
    assert run.read_start() == start
    # a formula that was written otherwise is the one that it prints
    run.write_start(Start(enumerated=12, formulas=["sum( l1(weight*grad) )"]))
    assert run.read_start() == Start(enumerated=12, formulas=["sum(l1(weight * grad))"])


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"formulas": []}, "enumerated: Field required"),
        ({"enumerated": 1.5, "formulas": []}, "enumerated: Input should be a valid integer"),
        ({"enumerated": 1, "formulas": ["sum(l1(weight)"]}, "formula"),
        ({"enumerated": 1, "formulas": [["sum"]]}, r"formulas\.0: Input should be a valid string"),
    ],
)
def test_a_damaged_start_is_named_with_what_to_do(
    run: EvolutionRunFolder, document: dict[str, Any], found: str
) -> None:
    (run.path / START).write_text(json.dumps(document))
    with pytest.raises(InputError, match=rf"start\.json: expected the start of a run, found .*{found}.*: begin a new"):
        run.read_start()
