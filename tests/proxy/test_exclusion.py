"""What a proxy was chosen on, against the split that the run itself kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lpzero.cli.main import run as command
from lpzero.errors import InputError
from lpzero.proxy import load_proxy
from lpzero.proxy.exclusion import chosen_on
from lpzero.tables import load_table

TABLE = load_table("gpt2-own")


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
    with pytest.raises(InputError, match="does not say on which architectures"):
        chosen_on(load_proxy(str(run)), TABLE)


def test_another_version_of_the_table_is_refused() -> None:
    shorter = replace(TABLE, records=TABLE.records[:-1])
    with pytest.raises(InputError, match="found on another version of gpt2-own"):
        chosen_on(load_proxy("gpt2/own"), shorter)
