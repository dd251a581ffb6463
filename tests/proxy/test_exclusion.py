"""What a proxy was chosen on, against the split that the run itself kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lpzero.cli.main import run as command
from lpzero.errors import InputError
from lpzero.proxy import load_proxy
from lpzero.proxy.exclusion import chosen_on, looked_at, same_models
from lpzero.spaces import get_space
from lpzero.tables import Table, load_table

TABLE = load_table("gpt2-own")


@pytest.fixture(scope="module")
def glue(data: Path) -> Table:
    """A table that three protocols read."""
    return load_table("flexibert-glue", data=data)


def test_a_shipped_proxy_was_chosen_on_as_many_as_its_run_looked_at() -> None:
    proxy = load_proxy("gpt2/own")
    assert proxy.provenance is not None
    settings = proxy.provenance.settings
    assert len(chosen_on(proxy, TABLE)) == settings["search_size"] + settings["validation_size"]
    assert chosen_on(proxy, load_table("flexibert-own")) == frozenset()


def test_proxies_of_the_literature_and_formulas_were_chosen_on_nothing() -> None:
    for text in ("params", "snip", "sum(l1(weight))"):
        assert chosen_on(load_proxy(text), TABLE) == frozenset()


def test_it_is_what_the_run_kept(tmp_path: Path) -> None:
    run, file = tmp_path / "run", tmp_path / "mine.json"
    words = ["evolve", "--table", "gpt2-own", "--seed", "5", "--search-size", "12", "--validation-size", "8"]
    words += ["--batch", "1", "--tokens", "4", "--population", "8", "--islands", "1", "--generations", "1"]
    words += ["--start", "random", "--jobs", "1", "--output", str(run)]
    assert command(words) == 0
    split = json.loads((run / "split.json").read_text())
    assert command(["export", str(run), "--format", "json", "--name", "mine", "--output", str(file)]) == 0
    assert chosen_on(load_proxy(str(file)), TABLE) == {*split["search"], *split["validation"]}
    by_folder = load_proxy(str(run))
    assert chosen_on(by_folder, TABLE) == {*split["search"], *split["validation"]}
    assert {TABLE.records[i].id for i in looked_at(by_folder, TABLE)} == {*split["search"], *split["validation"]}
    # the result alone, without the settings of its run
    (tmp_path / "best.json").write_text((run / "best.json").read_text())
    with pytest.raises(InputError, match=r"does not say on which architectures: give the folder of its run, or the fi"):
        looked_at(load_proxy(str(tmp_path / "best.json")), TABLE)


def test_another_version_of_the_table_is_refused() -> None:
    shorter = replace(TABLE, records=TABLE.records[:-1])
    with pytest.raises(InputError, match="found on another version of gpt2-own"):
        chosen_on(load_proxy("gpt2/own"), shorter)


def test_settings_without_sizes_are_refused() -> None:
    proxy = load_proxy("gpt2/own")
    assert proxy.provenance is not None
    settings = {name: value for name, value in proxy.provenance.settings.items() if name != "search_size"}
    for changed in (settings, {**settings, "search_size": "32"}, {**settings, "search_size": True}):
        other = replace(proxy, provenance=proxy.provenance.model_copy(update={"settings": changed}))
        with pytest.raises(InputError, match="settings have no search_size and validation_size"):
            looked_at(other, TABLE)


@pytest.mark.parametrize("name", ["flexibert/listed", "flexibert/best"])
def test_what_builds_a_seen_model_under_any_protocol_is_what_a_proxy_was_chosen_on(name: str, glue: Table) -> None:
    proxy = load_proxy(name)
    looked = looked_at(proxy, glue)
    expected = set()
    for protocol in glue.protocols:
        space = get_space(glue.space, protocol)
        keys = [space.model_key(record.architecture) for record in glue.records]
        seen = {keys[i] for i in looked}
        expected |= {glue.records[i].id for i, key in enumerate(keys) if key in seen}
    assert chosen_on(proxy, glue) == expected
    assert len(looked) == 100 < len(expected)
    # under its own protocol the run kept duplicates together, so that its own share is closed
    assert proxy.provenance is not None
    groups = glue.groups(get_space(glue.space, proxy.provenance.protocol))
    assert not {groups[i] for i in looked} & {groups[i] for i in range(glue.n) if i not in looked}


def test_the_same_models_of_nothing_are_nothing_and_of_all_are_all(glue: Table) -> None:
    assert same_models(glue, ()) == frozenset()
    assert same_models(glue, range(glue.n)) == set(range(glue.n))
    for i, j in glue.duplicates()[:3]:
        assert j in same_models(glue, [i])
