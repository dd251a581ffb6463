"""From the text of a phase to what scores, and again from the settings of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.api.predict import fit_predictor, predict
from lpzero.engines import Serial, Workers
from lpzero.errors import InputError, MissingError
from lpzero.nas.schedule.chosen import Surroundings, found_again, named
from lpzero.nas.schedule.config import PredictorConfig
from lpzero.nas.schedule.document import PhaseDocument
from lpzero.nas.schedule.predictor import Answer, ByProxy, Place
from lpzero.operands.probe import Probe
from lpzero.progress import unwatched
from lpzero.proxy import load_proxy
from lpzero.proxy.exclusion import chosen_on
from lpzero.spaces import get_space
from lpzero.tables import load_table
from lpzero.tables.folder import MeasuredRecord, write_folder
from tests.nas.schedule.told import SPACE

TABLE = load_table("gpt2-own")
AROUND = Surroundings(SPACE, Probe(batch=1, tokens=4), "", "", Workers(), unwatched)


def phase(predictor: str, **other: Any) -> PhaseDocument:
    return PhaseDocument(from_=0, predictor=predictor, **other)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kept ridge on the specification of twelve architectures."""
    path = tmp_path_factory.mktemp("kept") / "ridge.json"
    fit_predictor(table="gpt2-own", number=12, features="spec", output=path)
    return path


@pytest.mark.parametrize(
    ("text", "name", "kept_text", "higher"),
    [
        ("params", "params", "params", True),
        ("gpt2/own", "gpt2/own", str(load_proxy("gpt2/own").formula), load_proxy("gpt2/own").higher_is_better),
        ("sum(l1(weight))", "sum(l1(weight))", "sum(l1(weight))", True),
        ("lookup:gpt2-own", "lookup:gpt2-own", "gpt2-own", False),
        ("training", "training", "", False),
    ],
)
def test_a_name_is_what_it_names(text: str, name: str, kept_text: str, higher: bool, tmp_path: Path) -> None:
    found = named(phase(text), tmp_path).config
    assert (found.name, found.text, found.higher_is_better) == (name, kept_text, higher)


def test_a_formula_may_be_told_its_direction(tmp_path: Path) -> None:
    found = named(phase("sum(l1(weight))", direction="lower"), tmp_path).config
    assert not found.higher_is_better
    again = found_again(found, AROUND)
    assert isinstance(again, ByProxy)
    assert (again.proxy.direction, str(again.proxy.formula)) == ("lower", "sum(l1(weight))")
    assert named(phase("training", steps=40), tmp_path).config.name == "training (40 steps)"


def test_a_kept_predictor_is_found_from_the_folder_of_the_file_and_says_what_it_says(kept: Path) -> None:
    found = named(phase("ridge.json"), kept.parent)
    assert found.config == PredictorConfig(
        kind="kept",
        name="ridge of ridge.json",
        text=str(kept),
        higher_is_better=False,
        sha256=found.config.sha256,
    )
    answers: list[Answer] = []
    some = [record.architecture for record in TABLE.records[:20]]
    found_again(found.config, AROUND).score(some, Place(Serial(), kept.parent, unwatched, print), answers.extend)
    said = predict(kept, some)
    assert [round(a.scored.scores[0] or 0.0, 9) for a in answers] == [row.value for row in said.rows]


def test_what_it_was_fitted_to_or_chosen_on_is_told(kept: Path, tmp_path: Path) -> None:
    labels = json.loads(kept.read_text())["labels"]
    mine = named(phase("ridge.json"), kept.parent).chosen_on(TABLE, SPACE)
    assert mine == {r.id for r in TABLE.records if r.architecture.to_json() in labels}
    assert len(mine) == 12
    proxy = named(phase("gpt2/own"), tmp_path)
    assert proxy.chosen_on(TABLE, SPACE) == chosen_on(load_proxy("gpt2/own"), TABLE) != set()
    assert named(phase("lookup:gpt2-own"), tmp_path).chosen_on(TABLE, SPACE) == set()


def test_a_proxy_file_is_found_from_the_folder_of_the_file(tmp_path: Path) -> None:
    document = {"schema": 1, "name": "mine", "formula": "sum(l1(weight))", "higher_is_better": False}
    (tmp_path / "mine.json").write_text(json.dumps(document))
    found = named(phase("mine.json"), tmp_path).config
    assert (found.kind, found.name, found.text, found.higher_is_better) == ("proxy", "mine", "sum(l1(weight))", False)


def test_the_folder_of_a_table_is_found_from_the_folder_of_the_file_whatever_it_is_called(tmp_path: Path) -> None:
    facts = {"space": "gpt2", "protocols": ["own"], "quality": "snip", "unit": "1", "higher_is_better": True}
    card = {"name": "params", **facts, "source": "here", "licence": "Apache-2.0", "notes": []}
    card |= {"recipe": None, "environment": None, "figures": {}}
    records = [
        MeasuredRecord(id=one.id, architecture=one.architecture.to_json(), quality=float(place))
        for place, one in enumerate(TABLE.records[:4])
    ]
    write_folder(tmp_path / "params", card, records)
    found = named(phase("lookup:params"), tmp_path).config
    assert (found.text, found.higher_is_better) == (str(tmp_path / "params"), True)


@pytest.mark.parametrize(
    ("text", "other", "message"),
    [
        ("nothing", {}, "unknown proxy 'nothing'"),
        ("nothing.json", {}, r"nothing\.json: no such proxy file"),
        ("a" * 300, {}, "unknown proxy"),
        ("lookup:nothing", {}, "unknown table 'nothing'"),
        ("lookup:", {}, "^lookup: expected a table behind the colon, found none$"),
        ("params", {"direction": "lower"}, "the proxy params has one of its own"),
        ("lookup:gpt2-own", {"direction": "lower"}, "'lookup:gpt2-own' has one of its own"),
        ("training", {"direction": "lower"}, "'training' has one of its own"),
    ],
)
def test_what_is_not_there_is_refused(text: str, other: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        named(phase(text, **other), tmp_path)


def test_what_a_table_was_published_with_is_a_look_up_as_well(data: Path, tmp_path: Path) -> None:
    """The BLEU of a supernet: better where it is higher, and of the thirty architectures alone."""
    del data
    found = named(phase("lookup:hat-mt-wmt14ende:hat"), tmp_path).config
    assert (found.text, found.column, found.higher_is_better) == ("hat-mt-wmt14ende", "hat", True)
    table = load_table("hat-mt-wmt14ende")
    space = get_space("hat-mt", "wmt14ende")
    around = Surroundings(space, AROUND.probe, "", "", Workers(), unwatched)
    answers: list[Answer] = []
    some = [*(record.architecture for record in table.records[:3]), space.sample(np.random.default_rng(0))]
    found_again(found, around).score(some, Place(Serial(), tmp_path, unwatched, print), answers.extend)
    assert [one.scored.scores[0] for one in answers] == [*table.beside.column("hat").values[:3], None]
    with pytest.raises(InputError, match=r"unknown column 'supernet': expected one of .*hat"):
        named(phase("lookup:hat-mt-wmt14ende:supernet"), tmp_path)


def test_another_predictor_than_the_search_began_with_is_refused(kept: Path, tmp_path: Path) -> None:
    for suffix in (".json", ".npz"):
        (tmp_path / f"ridge{suffix}").write_bytes(kept.with_suffix(suffix).read_bytes())
    config = named(phase("ridge.json"), tmp_path).config
    found_again(config, AROUND)
    document = json.loads((tmp_path / "ridge.json").read_text())
    (tmp_path / "ridge.json").write_text(json.dumps({**document, "level": 0.8}))
    with pytest.raises(InputError, match=r"ridge\.json: expected the predictor that the search began with, found"):
        found_again(config, AROUND)
    (tmp_path / "ridge.npz").unlink()
    with pytest.raises(InputError, match="is damaged"):
        found_again(named(phase("ridge.json"), tmp_path).config, AROUND)


def test_another_space_is_refused(kept: Path, tmp_path: Path) -> None:
    space = get_space("flexibert", "own")
    elsewhere = Surroundings(space, AROUND.probe, "", "", Workers(), unwatched)
    with pytest.raises(InputError, match="expected a predictor of flexibert, protocol own, found one of gpt2"):
        found_again(named(phase("ridge.json"), kept.parent).config, elsewhere)
    with pytest.raises(InputError, match="expected a table of the space flexibert, found one of gpt2"):
        found_again(named(phase("lookup:gpt2-own"), tmp_path).config, elsewhere)


def test_a_training_needs_a_recipe_and_its_text(data: Path, tmp_path: Path) -> None:
    short = named(phase("training", steps=40), tmp_path).config
    with pytest.raises(MissingError, match=r"^the predictor training needs the text that gpt2-own was trained on"):
        found_again(short, AROUND)
    lts = Surroundings(get_space("gpt2", "lts"), AROUND.probe, "", "", Workers(), unwatched)
    with pytest.raises(InputError, match=r"^the predictor training trains by the recipe of a bundled table"):
        found_again(short, lts)
    texts = (str(data / "text" / f"wikitext2-{name}.txt") for name in ("test", "valid"))
    there = Surroundings(SPACE, AROUND.probe, *texts, Workers(), unwatched)
    assert found_again(short, there).config == short
    with pytest.raises(InputError, match="expected at most the 400 steps of gpt2-own, found 401"):
        found_again(named(phase("training", steps=401), tmp_path).config, there)
