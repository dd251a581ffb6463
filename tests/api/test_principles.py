"""Principles mined from the tables of the package."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lpzero
from lpzero.errors import InputError, NoResultError
from lpzero.principles import read_principles
from lpzero.principles.result import MineResult


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> MineResult:
    path = tmp_path_factory.mktemp("mined") / "principles.json"
    return lpzero.mine_principles("gpt2-own", path, top="20%")


def test_what_is_mined_is_written_and_checked(mined: MineResult) -> None:
    path = Path(mined.path)
    document = read_principles(path)
    assert json.loads(path.read_text()) == mined.document
    assert (document.space.name, document.space.protocol) == ("gpt2", "own")
    assert (document.source.by, document.source.table, document.source.n) == ("miner", "gpt2-own", 128)
    assert mined.source.top_kept >= 0.95
    assert mined.source.kept < 0.8
    assert all(one.evidence is not None and one.evidence.size_lift is not None for one in document.principles)
    checked = lpzero.check_principles(path)
    assert checked.status == "ok"
    assert checked.source == mined.source
    assert checked.remaining == mined.remaining
    assert checked.remaining.share >= 0.1


def test_a_table_beside_it(mined: MineResult) -> None:
    found = lpzero.check_principles(mined.path, table="gpt2-own")
    assert found.source == mined.source
    with pytest.raises(InputError, match="is of space flexibert: expected one of gpt2"):
        lpzero.check_principles(mined.path, table="flexibert-own")


def test_another_protocol_has_other_choices(mined: MineResult) -> None:
    with pytest.raises(InputError, match=r"space\.digest"):
        lpzero.check_principles(mined.path, protocol="lts")


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({"keep": 1.5}, "`keep`"),
        ({"max_shrink": -0.1}, "`max_shrink`"),
        ({"floor": 2.0}, "`floor`"),
        ({"most": 0}, "`most`"),
        ({"seed": -1}, "`seed`"),
        ({"price": 0.5}, "`price`"),
        ({"price": float("nan")}, "`price`"),
        ({"top": "60%"}, "`top`"),
        ({"at_size": 1.0}, "`at_size`"),
    ],
)
def test_what_is_out_of_range(given: dict[str, float], setting: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=setting):
        lpzero.mine_principles("gpt2-own", tmp_path / "p.json", **given)
    assert not (tmp_path / "p.json").exists()


def test_another_ending(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"`output`: expected a file that ends in \.json"):
        lpzero.mine_principles("gpt2-own", tmp_path / "p.toml")


def test_nothing_is_written_where_nothing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lpzero.api.principles.mine", lambda *_: [])
    with pytest.raises(NoResultError, match="no rule tells the top 13 of 128 from the rest"):
        lpzero.mine_principles("gpt2-own", tmp_path / "p.json")
    assert not (tmp_path / "p.json").exists()
