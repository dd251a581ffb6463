"""Where the files of a table are looked for."""

from __future__ import annotations

import re
from pathlib import Path

import platformdirs
import pytest

from lpzero.errors import InputError, MissingError
from lpzero.paths import cache_home
from lpzero.tables import find, get_entry, load_table, locate
from lpzero.tables import locate as locate_function

FLEXIBERT = get_entry("flexibert-glue")
GPT2 = get_entry("gpt2-wt103")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache, a checkout and no variable set but LPZERO_HOME."""
    monkeypatch.delenv("LPZERO_DATA", raising=False)
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "home"))
    checkout = tmp_path / "project"
    checkout.mkdir()
    (checkout / "pyproject.toml").touch()
    monkeypatch.setitem(locate_function.__globals__, "PROJECT", checkout)
    return tmp_path


def put(folder: Path) -> Path:
    """Put the one file of flexibert-glue into a data folder; what it says does not matter here."""
    file = folder / "flexibert" / "BERT_benchmark.json"
    file.parent.mkdir(parents=True)
    file.touch()
    return folder


def test_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path))
    assert cache_home() == tmp_path
    monkeypatch.setenv("LPZERO_HOME", "~/lpzero")
    assert cache_home() == Path.home() / "lpzero"
    for unset in ("", None):
        monkeypatch.delenv("LPZERO_HOME") if unset is None else monkeypatch.setenv("LPZERO_HOME", unset)
        assert cache_home() == platformdirs.user_cache_path("lpzero")


def test_beside_the_checkout_comes_before_the_cache(home: Path) -> None:
    assert find(FLEXIBERT) is None
    cached = put(home / "home" / "tables")
    assert locate(FLEXIBERT) == cached
    beside = put(home / "shared" / "data")
    assert locate(FLEXIBERT) == beside


def test_an_installed_package_has_nothing_beside_it(home: Path) -> None:
    put(home / "shared" / "data")
    (home / "project" / "pyproject.toml").unlink()
    assert find(FLEXIBERT) is None


def test_the_chosen_folder_is_the_only_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(home / "home" / "tables")
    put(home / "shared" / "data")
    chosen = home / "chosen"
    monkeypatch.setenv("LPZERO_DATA", str(chosen))
    assert find(FLEXIBERT) is None
    assert locate(FLEXIBERT, (put(chosen),)) == locate(FLEXIBERT) == chosen


def test_an_empty_choice_is_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached = put(home / "home" / "tables")
    monkeypatch.setenv("LPZERO_DATA", "")
    assert locate(FLEXIBERT) == cached


def test_what_is_missing_says_where_and_how(home: Path) -> None:
    beside, cache = home / "shared" / "data", home / "home" / "tables"
    expected = (
        "table flexibert-glue is not there: expected 1 file(s) such as flexibert/BERT_benchmark.json, "
        f"found 0 in {beside}, 0 in {cache}: run `lpzero tables fetch flexibert-glue`"
    )
    with pytest.raises(MissingError, match=f"^{re.escape(expected)}$"):
        load_table("flexibert-glue")


def test_what_is_missing_in_the_chosen_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(home / "chosen"))
    advice = "run `lpzero tables fetch flexibert-glue` and leave LPZERO_DATA unset, or put the files there"
    with pytest.raises(MissingError, match=f"found 0 in {re.escape(str(home / 'chosen'))}: {advice}$"):
        load_table("flexibert-glue")
    with pytest.raises(MissingError, match=r"and name no data folder, or put the files there$"):
        load_table("flexibert-glue", data=home)


def test_a_part_of_a_table_is_not_the_table(home: Path, data: Path) -> None:
    part = home / "home" / "tables"
    (part / "lts" / "random_GPT2_wt103").mkdir(parents=True)
    (part / "lts" / "random_GPT2_wt103" / "ppl_summary.yaml").touch()
    assert find(GPT2) is None
    with pytest.raises(MissingError, match=r"expected 202 file\(s\) .*, 1 in "):
        locate(GPT2)
    assert locate(GPT2, (part, data)) == data


def test_the_home_of_nobody_is_bad_input(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"^~nosuchuser/x: expected the home of a user of this machine, found none"):
        load_table("~nosuchuser/x")
    monkeypatch.setenv("LPZERO_DATA", "~nosuchuser/data")
    with pytest.raises(InputError, match=r"^~nosuchuser/data: expected the home of a user"):
        find(FLEXIBERT)


def test_a_user_that_is_not_known_is_an_error_of_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_HOME", "~nosuchuser/lpzero")
    with pytest.raises(InputError, match="LPZERO_HOME: expected a folder, found ~nosuchuser"):
        cache_home()
