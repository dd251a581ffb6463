"""The folder of a search: scores and costs come back with every digit, whatever a kill left of the last line."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lpzero.costs.cost import CostValue
from lpzero.errors import InputError
from lpzero.nas.config import SearchConfig
from lpzero.nas.folder import COSTS, FRONT, SCORED, SEARCHED, SearchRunFolder
from lpzero.nas.ledger import Scored
from lpzero.nas.result import Pick
from lpzero.proxy.score import ScoreStatus
from lpzero.spaces import get_space

SPACE = get_space("gpt2", "own")
RNG = np.random.default_rng(0)
ARCHITECTURES = tuple(SPACE.sample(RNG) for _ in range(4))
finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture
def run(tmp_path: Path) -> SearchRunFolder:
    """A new search by two proxies."""
    return begun(tmp_path / "run")


def begun(path: Path) -> SearchRunFolder:
    two = ["params", "depth"]
    config = SearchConfig(space="gpt2", protocol="own", proxies=two, names=two, higher_is_better=[True, True])
    return SearchRunFolder.create(path, config)


def test_a_new_search_has_nothing(run: SearchRunFolder) -> None:
    assert (run.kept(2), run.kept_costs(), run.kept_end(), run.read_result()) == ([], {}, None, None)


@pytest.mark.property
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(ARCHITECTURES),
            st.one_of(
                st.tuples(finite, finite, st.just("ok")),
                st.tuples(st.just(None), finite, st.sampled_from([s.value for s in ScoreStatus if s != "ok"])),
            ),
        ),
        max_size=4,
    )
)
def test_scores_come_back_with_every_digit(rows: list[Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    run = begun(tmp_path_factory.mktemp("search") / "run")
    scored = [Scored(architecture, (one, two), status) for architecture, (one, two, status) in rows]
    for one in scored:
        run.keep([one])
    assert run.kept(2) == scored


def test_costs_come_back_and_the_last_of_a_kind_counts(run: SearchRunFolder) -> None:
    run.keep_cost("a" * 64, "latency", CostValue(1 / 3, (0.3, 0.4)))
    run.keep_cost("a" * 64, "memory", CostValue(2048))
    run.keep_cost("a" * 64, "memory", CostValue(4096))
    assert run.kept_costs() == {
        ("a" * 64, "latency"): CostValue(1 / 3, (0.3, 0.4)),
        ("a" * 64, "memory"): CostValue(4096.0),
    }


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_last_line_that_a_kill_cut_off_is_dropped_and_the_next_one_is_whole(run: SearchRunFolder, cut: int) -> None:
    one, two, three = (Scored(architecture, (1.0, 2.0)) for architecture in ARCHITECTURES[:3])
    run.keep([one, two])
    path = run.path / SCORED
    path.write_bytes(path.read_bytes()[:-cut])
    assert run.kept(2) == [one]
    run.keep([three])
    assert run.kept(2) == [one, three]


def test_a_damaged_line_is_named_with_its_number(run: SearchRunFolder) -> None:
    run.keep([Scored(ARCHITECTURES[0], (1.0, 2.0))])
    with (run.path / SCORED).open("a") as file:
        file.write("{}\n")
    with pytest.raises(InputError, match=r"scored\.jsonl, line 2: expected a scored architecture: begin a new search$"):
        run.kept(2)
    with pytest.raises(InputError, match="line 1: expected a scored architecture"):
        run.kept(3)
    run.keep_cost("a", "latency", CostValue(1.0))
    (run.path / COSTS).write_text('{"model": "a", "cost": "latency", "value": 1, "interval": [1, 2, 3]}\n')
    with pytest.raises(InputError, match=r"costs\.jsonl, line 1: expected a measured cost: begin a new search$"):
        run.kept_costs()
    (run.path / COSTS).write_bytes(b"\xff\n")
    with pytest.raises(InputError, match=r"costs\.jsonl: expected lines of JSON, found .*: begin a new search$"):
        run.kept_costs()


def test_the_end_is_kept(run: SearchRunFolder) -> None:
    run.keep_end(48)
    assert run.kept_end() == 48


@pytest.mark.parametrize("end", [0, -1, "3", 3.0, True, None])
def test_an_end_that_is_none_is_refused(run: SearchRunFolder, end: object) -> None:
    (run.path / SEARCHED).write_text(json.dumps({"scored": end}))
    with pytest.raises(InputError, match=r"searched\.json: expected the number of scored architectures: begin a new"):
        run.kept_end()


def test_the_front_is_a_table_whose_scores_come_back(run: SearchRunFolder) -> None:
    front = [
        Pick(
            key="a", score=0.1 + 0.2, scores=[0.1 + 0.2], costs={"params": 10, "latency": 0.5}, config="x/config.json"
        ),
        Pick(key="b", score=-1e-300, scores=[-1e-300], costs={"params": 5, "latency": 0.25}, config="y/config.json"),
    ]
    run.write_front(front)
    with (run.path / FRONT).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["score"]) for row in rows] == [pick.score for pick in front]
    assert [(row["key"], row["params"], float(row["latency"]), row["config"]) for row in rows] == [
        ("a", "10", 0.5, "x/config.json"),
        ("b", "5", 0.25, "y/config.json"),
    ]
