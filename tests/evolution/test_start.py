"""An evolution starts from what an enumeration finds best on what it may see."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.engines import Serial
from lpzero.errors import InputError
from lpzero.evolution import start as start_module
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.setting import Setting
from lpzero.evolution.folder import EvolutionRunFolder
from lpzero.evolution.island import grammar_of
from lpzero.evolution.run import execute, prepare
from lpzero.evolution.start import check_sealed, find_start
from lpzero.evolution.together import Together
from lpzero.fitness import judge
from lpzero.formula import canonical, parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.grammar import accepts
from lpzero.formula.values import SketchSource
from lpzero.operands.bank import fill_bank, read_sketch
from lpzero.operands.packed import Packed
from lpzero.progress import Progress, unwatched
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.discovery import Start
from lpzero.tables import load_table


@pytest.fixture
def setting(small: dict[str, Any], small_table: None, monkeypatch: pytest.MonkeyPatch) -> Setting[EvolveConfig]:
    assert small_table is None
    # seven operands make 44 million formulas
    monkeypatch.setattr(start_module, "WHOLE_OPERANDS", ("weight", "head"))
    return prepare(
        EvolveConfig(
            **{**small, "start": "enumeration", "search_size": 12, "seed_formulas": ["sum(l1(weight * grad))"]}
        )
    )


def _found(setting: Setting[EvolveConfig], home: Path, jobs: int = 1) -> Start:
    return find_start(Together((setting,)), _packed(setting, home), jobs=jobs, watch=unwatched)


def _packed(setting: Setting[EvolveConfig], home: Path) -> Packed:
    return Packed.of_sketches([read_sketch(path) for path in _bank(setting, home)])


def _bank(setting: Setting[EvolveConfig], home: Path) -> tuple[Path, ...]:
    return fill_bank(
        setting.space,
        setting.seen_architectures,
        setting.probe,
        home=home,
        engine=Serial(),
        progress=lambda _done, _total: None,
    ).paths


def _tau(texts: Sequence[str], setting: Setting[EvolveConfig], home: Path) -> list[float]:
    evaluator = Evaluator(SketchSource(_packed(setting, home)))
    quality = setting.table.oriented[setting.seen]
    found = [judge(evaluator.scores(parse(text)), quality).correlation for text in texts]
    return [0.0 if one is None else abs(one.tau_a) for one in found]


def test_the_start_ranks_both_parts_better_than_branches_do(setting: Setting[EvolveConfig], home: Path) -> None:
    start = _found(setting, home)

    assert start.formulas[0] == "sum(l1(weight * grad))", "the user's come first"
    assert 10 < len(start.formulas) <= 1 + start_module.COMMITTEE
    assert len(set(start.formulas)) == len(start.formulas)
    assert start.enumerated > 100_000
    plain = [f"{a}({r}({o}))" for a in ("sum", "mean") for r in ("l1", "std", "frobenius") for o in ("weight", "head")]
    assert min(_tau(start.formulas[1:], setting, home)) > max(_tau(plain, setting, home))


def test_the_start_depends_on_nothing_but_search_and_validation(setting: Setting[EvolveConfig], home: Path) -> None:
    quality = [record.quality for record in setting.table.records]
    for i in setting.parts.test:
        quality[i] = -1000.0 - i
    records = [replace(r, quality=q) for r, q in zip(setting.table.records, quality, strict=True)]
    other = replace(setting, table=replace(setting.table, records=tuple(records)))
    assert not np.array_equal(other.table.oriented, setting.table.oriented)

    assert _found(other, home) == _found(setting, home)


def test_the_number_of_jobs_changes_nothing(setting: Setting[EvolveConfig], home: Path) -> None:
    assert _found(setting, home, jobs=2) == _found(setting, home)


def test_formulas_that_the_limits_forbid_are_left_out(
    setting: Setting[EvolveConfig], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = setting.config.model_copy(update={"max_size": 7, "seed_formulas": []})
    start = _found(replace(setting, config=config), home)
    assert len(start.formulas) == start_module.COMMITTEE, "others take the places of those that do not fit"
    assert all(parse(text).size <= 7 for text in start.formulas)
    tight = setting.config.model_copy(update={"max_size": 4, "max_depth": 4, "seed_formulas": []})
    monkeypatch.setattr(start_module, "accepts", lambda _rules, _formula: False)
    with pytest.raises(InputError, match="no enumerated formula fits `max_size` and `max_depth`"):
        _found(replace(setting, config=tight), home)


@pytest.mark.parametrize("objective", ["plain", "stable"])
def test_an_objective_that_leaves_validation_out_starts_without_it(
    setting: Setting[EvolveConfig], home: Path, objective: str
) -> None:
    config = setting.config.model_copy(update={"objective": objective})
    quality = [record.quality for record in setting.table.records]
    for i in setting.parts.validation:
        quality[i] = -1000.0 - i
    records = tuple(replace(r, quality=q) for r, q in zip(setting.table.records, quality, strict=True))
    other = replace(setting.table, records=records)
    starts = [_found(replace(setting, config=config, table=table), home) for table in (setting.table, other)]
    assert starts[0] == starts[1]
    joint = _found(replace(setting, table=other), home)
    assert joint != _found(setting, home)


def test_a_grammar_of_branches_enumerates_itself(setting: Setting[EvolveConfig], home: Path) -> None:
    config = setting.config.model_copy(update={"grammar": "lpzero", "max_size": 24, "seed_formulas": []})
    paper, layered = (
        _found(replace(setting, config=config.model_copy(update={"grammar": name})), home)
        for name in ("lpzero", "layered")
    )
    assert paper.enumerated < layered.enumerated / 3
    assert all(accepts(grammar_of(config), parse(text)) for text in paper.formulas)
    assert len(paper.formulas) == start_module.COMMITTEE


class Killed(Exception):
    """The process is gone."""


def test_the_start_reaches_the_populations_and_a_killed_run_goes_on_from_it(
    setting: Setting[EvolveConfig], tmp_path: Path, home: Path, quiet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = partial(execute, home=home, engine=Serial(), watch=quiet)
    whole = run(EvolutionRunFolder.create(tmp_path / "a", setting.config), Together((setting,))).to_json()
    random = replace(setting, config=setting.config.model_copy(update={"start": "random"}))
    other = run(EvolutionRunFolder.create(tmp_path / "b", random.config), Together((random,))).to_json()
    assert whole["front"] != other["front"]
    enumerated = {canonical(parse(text)).text for text in whole["start"]["formulas"]}
    checkpoint = (tmp_path / "a" / "state" / "checkpoint.json").read_text()
    assert sum(json.dumps(text) in checkpoint for text in enumerated) > len(enumerated) / 2

    def killed(*_: Any) -> None:
        raise Killed

    def killed_when_evolving(_: Any, progress: Progress) -> None:
        if progress.facts.startswith("generation 1,"):
            raise Killed

    folder = EvolutionRunFolder.create(tmp_path / "c", setting.config)
    with monkeypatch.context() as patch:
        patch.setattr(type(quiet), "__call__", killed_when_evolving)
        with pytest.raises(Killed):
            execute(folder, Together((setting,)), home=home, engine=Serial(2), watch=quiet)
    monkeypatch.setattr(start_module, "rank_all", killed)
    again = run(folder, Together((setting,))).to_json()
    for key in ("best", "front", "evaluated", "start"):
        assert again[key] == whole[key]


def test_a_random_start_enumerates_nothing(setting: Setting[EvolveConfig], home: Path) -> None:
    config = setting.config.model_copy(update={"start": "random"})
    assert _found(replace(setting, config=config), home) == Start(enumerated=0, formulas=["sum(l1(weight * grad))"])


def test_a_run_keeps_its_start_and_a_damaged_one_is_refused(
    setting: Setting[EvolveConfig], tmp_path: Path, home: Path, quiet: Any
) -> None:
    run = EvolutionRunFolder.create(tmp_path / "run", setting.config)
    document = execute(run, Together((setting,)), home=home, engine=Serial(), watch=quiet).to_json()

    kept = json.loads((tmp_path / "run" / "start.json").read_text())
    assert document["start"] == kept
    assert kept["enumerated"] > 100_000
    (tmp_path / "run" / "best.json").unlink()
    for damaged in (
        '{"formulas": 3}',
        '{"enumerated": 1, "formulas": ["sum(l1("]}',
        '{"enumerated": 1, "formulas": [3]}',
    ):
        (tmp_path / "run" / "start.json").write_text(damaged)
        with pytest.raises(InputError, match=r"start\.json: expected the start of a run, found .*: begin a new run"):
            execute(run, Together((setting,)), home=home, engine=Serial(), watch=quiet)


def test_a_seed_formula_may_have_seen_what_the_run_sees_and_nothing_else() -> None:
    proxy, table = load_proxy("gpt2/own"), load_table("gpt2-own")
    assert proxy.provenance is not None
    own = {"seed": proxy.provenance.seed, "search_size": 32, "validation_size": 32}

    def check(given: Proxy, **changes: Any) -> None:
        config = EvolveConfig(space="gpt2", protocol="own", table="gpt2-own", **{**own, **changes})
        check_sealed("given", given, prepare(config, table))

    check(proxy)
    # of larger parts by the same seed the run sees all that it has seen, and more
    check(proxy, search_size=40, validation_size=40)
    for changes in ({"search_size": 16}, {"seed": proxy.provenance.seed + 1}):
        with pytest.raises(InputError, match="`seed_formulas` given: it was chosen on architectures of gpt2-own that"):
            check(proxy, **changes)
    with pytest.raises(InputError, match="give a run with the same `seed`, sizes and protocol, or a formula that was"):
        check(replace(proxy, provenance=None))
    for elsewhere in (load_proxy("snip"), load_proxy("flexibert/own"), load_proxy(str(proxy.formula))):
        check(elsewhere, seed=99)
