"""What follows from the settings of a search: which pool, which truth, and what is refused before there is a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.costs.cost import CostValue
from lpzero.errors import InputError, NoResultError
from lpzero.nas.config import SearchConfig
from lpzero.nas.folder import SearchRunFolder
from lpzero.nas.pool import ClosedPool, OpenPool
from lpzero.nas.setting import prepare, rng_of
from lpzero.spaces import get_space
from lpzero.tables import load_table

TABLE = load_table("gpt2-own")


def config(**changes: Any) -> SearchConfig:
    given: dict[str, Any] = {"space": "gpt2", "protocol": "own", "proxies": ["params"], "names": ["params"]}
    return SearchConfig(**{**given, "higher_is_better": [True], "batch": 1, "tokens": 4, **changes})


def test_without_a_table_the_whole_space_may_be_picked_and_nobody_knows_the_truth() -> None:
    setting = prepare(config())
    assert isinstance(setting.pool, OpenPool)
    assert setting.truth is None
    assert setting.proof is None
    assert setting.costs.measurement.tokens == setting.probe.tokens == 4


def test_with_a_table_its_records_may_be_picked_but_for_those_left_out() -> None:
    left_out = [record.id for record in TABLE.records[:30]]
    setting = prepare(config(table="gpt2-own", left_out=left_out, limits={"params": 1_000_000}))
    assert isinstance(setting.pool, ClosedPool)
    assert set(setting.pool.architectures) == {record.architecture for record in TABLE.records[30:]}
    assert setting.truth is not None
    assert len(setting.truth.quality) < len(setting.pool.architectures)
    drawn = [setting.pool.sample(np.random.default_rng(seed), set()) for seed in range(20)]
    assert all(a is not None and setting.costs.of(a, "params") <= 1_000_000 for a in drawn)
    assert all(a is not None and setting.space.model_key(a) in setting.truth.quality for a in drawn)


def test_a_proxy_keeps_the_name_and_direction_that_it_had_when_the_search_began() -> None:
    found = prepare(
        config(proxies=["sum(l1(weight))", "depth"], names=["mine", "deep"], higher_is_better=[False, True])
    )
    assert [(p.name, p.higher_is_better) for p in found.proxies] == [("mine", False), ("deep", True)]
    assert str(found.proxies[0].formula) == "sum(l1(weight))"
    assert found.proxies[1].metric is not None


def test_costs_that_a_search_measured_are_known_when_it_goes_on(tmp_path: Path) -> None:
    run = SearchRunFolder.create(tmp_path / "run", config())
    run.keep_cost("a" * 64, "latency", CostValue(0.5, (0.4, 0.6)))
    assert prepare(config(), run).costs.cache == {("a" * 64, "latency"): CostValue(0.5, (0.4, 0.6))}


def test_parts_of_a_search_draw_apart_from_each_other_and_repeatably() -> None:
    def draws(seed: int, name: str) -> list[float]:
        return [float(number) for number in rng_of(config(seed=seed), name).random(3)]

    assert draws(0, "search") == draws(0, "search")
    assert len({tuple(draws(seed, name)) for seed in (0, 1) for name in ("search", "random", "verify")}) == 6


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"space": "colour"}, InputError, "unknown space"),
        ({"proxies": ["nothing"]}, InputError, "unknown proxy"),
        ({"table": "flexibert-own"}, InputError, "^table flexibert-own is of space flexibert, found `space` gpt2$"),
        ({"table": "gpt2-own", "protocol": "lts"}, InputError, "was measured on other models than 'lts'"),
        ({"limits": {"colour": 1.0}}, InputError, "^unknown cost 'colour': expected one of params, "),
        ({"limits": {"params": 0.0}}, InputError, "^`limits.params`: expected more than 0, found 0$"),
        ({"tokens": 65}, InputError, "^expected at most 64 tokens for gpt2, found 65$"),
        ({"limits": {"params": 10.0}}, NoResultError, "the binding limit is `limits.params` 10"),
        (
            {"table": "gpt2-own", "left_out": [record.id for record in TABLE.records]},
            NoResultError,
            "^the proxies were chosen on every architecture of gpt2-own: none is left to pick$",
        ),
    ],
)
def test_what_is_impossible_is_said_at_once(changes: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        prepare(config(**changes))


def test_a_file_of_the_space_that_was_moved_is_named(space_file: Path) -> None:
    begun = config(space=str(space_file), protocol=get_space(str(space_file)).protocol)
    assert prepare(begun).space.name == "tiny"
    space_file.rename(space_file.with_name("moved.toml"))
    with pytest.raises(InputError, match=r"space\.toml: expected the file of the space there, .*: put it back"):
        prepare(begun)


def principles(**rule: Any) -> dict[str, Any]:
    listed = [{"id": "one", "statement": "", "rule": rule}]
    return {"schema": "lpzero.principles/1", "space": {"name": "gpt2"}, "principles": listed}


@pytest.mark.parametrize("table", ["", "gpt2-own"])
def test_principles_hold_of_what_may_be_picked(table: str) -> None:
    flat = principles(op="le", feature="depth", value=3)
    pool = prepare(config(table=table, principles=flat)).pool
    drawn = [pool.sample(np.random.default_rng(seed), set()) for seed in range(20)]
    assert {one.depth for one in drawn if one is not None} == {2, 3}


def test_principles_that_leave_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="`principles`: principle one: depth ≥ 9 holds of no architecture"):
        prepare(config(principles=principles(op="ge", feature="depth", value=9)))
    with pytest.raises(InputError, match=r"`principles`: principles\.0\.rule"):
        prepare(config(principles=principles(op="eval", feature="depth", value=9)))
    with pytest.raises(NoResultError, match="no architecture of gpt2-own keeps the `principles`"):
        count = principles(op="count_ge", feature="heads", values=[2], number=9)
        prepare(config(table="gpt2-own", principles=count))
