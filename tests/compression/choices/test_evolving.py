"""An evolution on tables of choices: splits by layers, resumed bit for bit, and costs in nats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.compression.choices.config import ChoicesConfig, ChoicesPart
from lpzero.compression.choices.evolving import IMPORTANCE, SPLIT, ChoicesRunFolder, execute, in_nats, prepare
from lpzero.compression.choices.table import ChoicesTable
from lpzero.errors import InputError
from lpzero.formula import parse
from lpzero.progress import Progress, unwatched
from lpzero.proxy import load_proxy
from tests.compression.choices.made import made


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> tuple[ChoicesTable, ChoicesTable]:
    home = tmp_path_factory.mktemp("tables")
    return made(home / "a", "llama"), made(home / "b", "gpt2")


def config(tables: list[ChoicesTable], held: list[ChoicesTable] | None = None, **given: Any) -> ChoicesConfig:
    parts = [
        [ChoicesPart(table=str(one.folder), records_sha256=one.card.records_sha256) for one in some]
        for some in (tables, held or [])
    ]
    small = {"islands": 1, "population": 8, "generations": 2, "epoch": 1, "elite": 1, "migrants": 1}
    return ChoicesConfig(tables=parts[0], hold_out=parts[1], **{**small, **given})


def test_layers_are_on_one_side_and_all_is_there(tables: tuple[ChoicesTable, ChoicesTable]) -> None:
    setting = prepare(config(list(tables), seed=3))
    for table, parts in zip(setting.tables, setting.parts, strict=True):
        of = [{int(table.layers[place]) for place in some} for some in parts.to_json().values()]
        assert [len(layers) for layers in of] == [2, 1, 3]
        assert set().union(*of) == set(range(6))


def test_a_table_with_too_few_layers_is_refused(tmp_path: Path) -> None:
    table = made(tmp_path, depth=2)
    with pytest.raises(InputError, match=r"expected a search size|layers enough"):
        prepare(config([table]))


def test_a_run_from_settings_to_a_sealed_test_and_a_held_out_checkpoint(
    tables: tuple[ChoicesTable, ChoicesTable], tmp_path: Path
) -> None:
    setting = prepare(config([tables[0]], [tables[1]]))
    run = ChoicesRunFolder.create(tmp_path / "run", setting.config)
    result = execute(run, setting, unwatched)
    assert [(test.table, test.sealed, len(test.layers)) for test in result.tests] == [
        (tables[0].card.name, True, 3),
        (tables[1].card.name, False, 6),
    ]
    split = json.loads((run.path / SPLIT).read_text())[tables[0].card.name]
    assert split["test"] == result.tests[0].layers
    proxy = load_proxy(str(run.path / IMPORTANCE))
    assert str(proxy.formula) == result.best.formula
    assert result.best.importance is None or parse(result.best.importance).unit_operands
    # a finished run is not carried out again
    assert execute(run, setting, unwatched).to_json() == result.to_json()


class _Stopped(Exception):
    pass


def test_a_run_that_was_stopped_goes_on_to_the_same_result(
    tables: tuple[ChoicesTable, ChoicesTable], tmp_path: Path
) -> None:
    setting = prepare(config(list(tables)))
    whole = execute(ChoicesRunFolder.create(tmp_path / "a", setting.config), setting, unwatched)

    def stop(progress: Progress) -> None:
        if "generation 1" in progress.facts:
            raise _Stopped

    run = ChoicesRunFolder.create(tmp_path / "b", setting.config)
    with pytest.raises(_Stopped):
        execute(run, setting, stop)
    again = execute(run, setting, unwatched)
    changing = {"run": None, "seconds": None}
    assert {**again.to_json(), **changing} == {**whole.to_json(), **changing}


def test_a_table_that_changed_is_refused(tables: tuple[ChoicesTable, ChoicesTable]) -> None:
    wrong = ChoicesPart(table=str(tables[0].folder), records_sha256="0")
    with pytest.raises(InputError, match="expected the records that the run began with"):
        prepare(config([tables[0]]).model_copy(update={"tables": [wrong]}))


def test_costs_in_nats_are_a_power_of_the_scores() -> None:
    formula = parse("sum_units(unit_weight_in)")
    scores = np.array([1.0, 4.0, 9.0])
    priced = in_nats(formula, scores, 3 * scores**0.5)
    assert str(priced) == "exp(1.09861 + 0.5 * log(sum_units(unit_weight_in)))"
    assert in_nats(formula, np.array([1.0, -1.0]), np.array([1.0, 2.0])) is None
    assert in_nats(formula, np.array([1.0, np.inf]), np.array([1.0, 2.0])) is None
