"""What a discovery is set to where nobody said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lpzero.api.discovery import completed, default_table, discovery_path
from lpzero.errors import InputError, MissingError
from lpzero.evolution.config import EvolveConfig
from lpzero.spaces import SPACES
from lpzero.tables import TABLES, load_table

NOBODY: dict[str, Any] = {
    **dict.fromkeys(("table", "space", "protocol", "search_size", "validation_size")),
    "device": "cpu",
}


def test_the_table_says_the_rest() -> None:
    settings, table = completed(**{**NOBODY, "table": "gpt2-own"})
    assert table.digest == load_table("gpt2-own").digest
    assert settings == {
        **{"space": "gpt2", "protocol": "own", "table": "gpt2-own", "device": "cpu"},
        # a quarter of 128
        **{"search_size": 32, "validation_size": 32},
    }
    given = completed(**{**NOBODY, "table": "gpt2-own", "search_size": 5, "validation_size": 0})[0]
    assert (given["search_size"], given["validation_size"]) == (5, 0)


def test_a_quarter_is_at_most_50_and_at_least_4(data: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    assert completed(**{**NOBODY, "table": "flexibert-glue"})[0]["search_size"] == 50
    assert completed(**{**NOBODY, "table": folder})[0]["search_size"] == 24 // 4


def test_a_folder_means_the_same_from_everywhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert completed(**{**NOBODY, "table": folder.name})[0]["table"] == str(folder.resolve())


def test_the_first_table_of_a_space_stands_for_it() -> None:
    for space in SPACES:
        names = [name for name, entry in TABLES.items() if entry.space == space]
        if names:
            assert default_table(space, None) == names[0]
    assert default_table("flexibert", "trained") == "flexibert-glue"
    assert default_table("flexibert", "own") == "flexibert-own"
    with pytest.raises(InputError, match=r"^no known table of llama was measured on the models of 7b: give a `table`$"):
        default_table("llama", "7b")
    with pytest.raises(InputError, match=r"^`space` is missing: expected one of flexibert, .*, or a `table`$"):
        default_table(None, None)


def test_a_table_of_another_space_is_refused() -> None:
    with pytest.raises(InputError, match=r"^table gpt2-own is of space gpt2, found `space` flexibert$"):
        completed(**{**NOBODY, "table": "gpt2-own", "space": "flexibert"})


def test_nothing_is_fetched_where_somebody_said_where_tables_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path))
    with pytest.raises(MissingError, match="lpzero tables fetch gpt2-wt103"):
        completed(**{**NOBODY, "table": "gpt2-wt103"})
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_named_after_its_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = EvolveConfig(space="gpt2", protocol="own", table=str(tmp_path / "mine"), seed=7)
    assert discovery_path(config, "typed") == Path("runs/mine-own-typed-seed7")
    Path("runs/mine-own-typed-seed7").mkdir(parents=True)
    assert discovery_path(config, "typed") == Path("runs/mine-own-typed-seed7-2")


def test_within_principles_a_quarter_is_one_of_what_keeps_them(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text(
        'schema = "lpzero.principles/1"\n[space]\nname = "gpt2"\n[[principles]]\nid = "wide"\nstatement = ""\n'
        'rule = {op = "ge", feature = "d_model", value = 192}\n'
    )
    settings, table = completed(**{**NOBODY, "table": "gpt2-own", "principles": file})
    wide = sum(int(one.architecture["d_model"]) >= 192 for one in table.records)
    assert settings["search_size"] == settings["validation_size"] == wide // 4 < 32
    assert [one["id"] for one in settings["principles"]["principles"]] == ["wide"]
    with pytest.raises(InputError, match=r"p\.toml: space\.name: expected flexibert, found 'gpt2'$"):
        completed(**{**NOBODY, "table": "flexibert-own", "principles": file})
