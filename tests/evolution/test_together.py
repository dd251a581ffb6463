"""Several tables at once: the row of architectures, what is refused, and a whole run with a table held out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lpzero
from lpzero.errors import InputError
from lpzero.evolution.config import EvolveConfig, check_config
from lpzero.evolution.start import check_start
from lpzero.evolution.together import Together, load_together
from lpzero.proxy import load_proxy
from lpzero.proxy.exclusion import looked_at
from lpzero.tables import load_table
from lpzero.tables.locate import bundled_folder

GPT2 = {"table": "gpt2-own", "space": "gpt2", "protocol": "own", "search_size": 8, "validation_size": 4}
LLAMA = {"table": "llama-own", "space": "llama", "protocol": "own", "search_size": 6, "validation_size": 5}
FLEXIBERT = {"table": "flexibert-own", "space": "flexibert", "protocol": "own", "search_size": 4, "validation_size": 0}


def config(**changes: Any) -> EvolveConfig:
    return check_config({**GPT2, "beside": [LLAMA], "start": "random", **changes})


@pytest.fixture(scope="module")
def together() -> Together:
    return load_together(config())


def test_search_of_every_table_stands_before_the_first_validation(together: Together) -> None:
    first, second = together.settings
    assert together.searched == 14
    assert together.tables.tolist() == [0] * 8 + [1] * 6 + [0] * 4 + [1] * 5
    wanted = [
        *first.table.oriented[list(first.parts.search)],
        *second.table.oriented[list(second.parts.search)],
        *first.table.oriented[list(first.parts.validation)],
        *second.table.oriented[list(second.parts.validation)],
    ]
    assert together.quality.tolist() == wanted
    assert not set(together.groups[together.tables == 0]) & set(together.groups[together.tables == 1])


def test_pairs_never_cross_tables(together: Together) -> None:
    counted = together.counted
    assert counted is not None
    same = together.tables[:, None] == together.tables
    assert (counted == (same & ~np.eye(len(same), dtype=bool))).all()
    close = load_together(config(pairs="matched")).counted
    assert close is not None
    assert (close <= counted).all()
    assert 0 < close.sum() < counted.sum()


def test_the_splits_are_those_of_each_table_alone(together: Together) -> None:
    alone = load_together(config(beside=[])).first
    assert together.first.parts == alone.parts
    assert Together((alone,)).quality.tolist() == alone.table.oriented[alone.seen].tolist()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"beside": [GPT2]}, "`table`: expected each table once, found gpt2-own twice"),
        ({"hold_out": [LLAMA]}, "`table`: expected each table once, found llama-own twice"),
        (
            {"pairs": "matched", "search_size": 4},
            "no two of the 4 architectures of the search split are of matched size",
        ),
    ],
)
def test_tables_that_do_not_go_together_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        for seed in range(20):
            load_together(config(**{**changes, "seed": seed}))


def test_a_table_that_shares_models_is_not_held_out(tmp_path: Path) -> None:
    source = bundled_folder("gpt2-own")
    copied = tmp_path / "copy"
    copied.mkdir()
    for file in source.iterdir():
        (copied / file.name).write_bytes(file.read_bytes().replace(b'"name": "gpt2-own"', b'"name": "other"'))
    held = {**GPT2, "table": str(copied)}
    with pytest.raises(InputError, match=r"`hold_out` other: 128 of its models are in gpt2-own too"):
        load_together(config(hold_out=[held]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"worst": True, "beside": []}, "`worst`: expected several tables to take the worst of"),
        ({"objective": "plain"}, "`beside`: expected the `objective` joint beside several tables"),
    ],
)
def test_settings_of_several_tables(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        config(**changes)


def test_an_enumeration_of_too_many_architectures_of_all_tables_is_refused_before_a_run() -> None:
    large = config(start="enumeration", search_size=200, beside=[{**LLAMA, "search_size": 57}])
    message = "ranks 12 to 256 architectures, found `search_size` 257 of all tables together: give `start` random"
    with pytest.raises(InputError, match=message):
        check_start(large)
    check_start(config(start="enumeration", search_size=200, beside=[{**LLAMA, "search_size": 56}]))
    check_start(large.model_copy(update={"grammar": "weighted"}))


@pytest.mark.parametrize("grammar", ["typed", "weighted"])
def test_a_run_on_two_tables_with_a_third_held_out(tmp_path: Path, grammar: str) -> None:
    result = lpzero.evolve(
        ["gpt2-own", "llama-own:own"],
        hold_out=["flexibert-own"],
        grammar=grammar,
        start="random",
        population=8,
        islands=1,
        generations=1,
        search_size=8,
        validation_size=6,
        batch=2,
        tokens=8,
        elements=32,
        worst=grammar == "weighted",
        output=tmp_path / "run",
    )
    (beside,), (held,) = result.beside, result.held_out
    assert (result.table, beside.table, held.table) == ("gpt2-own", "llama-own", "flexibert-own")
    assert (result.best.test.n, beside.test.n, held.test.n) == (128 - 14, load_table("llama-own").n - 14, 128)
    assert held.search is None
    assert beside.search is not None
    assert [row.proxy for row in held.baselines if row.labels is not None] == ["shape_quadratic"]
    assert [row.labels for row in held.baselines if row.labels is not None] == [28]
    # what a run saw of each of its tables is left out of later figures, and nothing of what it did not see
    proxy = load_proxy(str(tmp_path / "run"))
    assert proxy.found_tables == ("gpt2-own", "llama-own")
    split = json.loads((tmp_path / "run" / "split.json").read_text())
    for name, part in (("gpt2-own", split), ("llama-own", split["beside"]["llama-own"])):
        table = load_table(name)
        seen = {table.records[i].id for i in looked_at(proxy, table)}
        assert seen == {*part["search"], *part["validation"]}
    assert not looked_at(proxy, load_table("flexibert-own"))
    assert "--table gpt2-own:own --table llama-own:own --hold-out flexibert-own:own" in proxy.provenance.command  # type: ignore[union-attr]
    again = lpzero.evolve(resume=tmp_path / "run")
    assert again == result
