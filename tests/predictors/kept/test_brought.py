"""Predictors that packages bring are kept with what they say of themselves, and read again by their package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lpzero import evaluate_predictor, fit_predictor, gate, load_table, predict
from lpzero.errors import InputError, MissingError
from lpzero.predictors.kept.document import BroughtDocument
from lpzero.predictors.store import read_predictor_document
from lpzero.reporting.folders import article_of
from tests.conftest import Install

CODE = """
from dataclasses import dataclass
import numpy as np
from lpzero.predictors import Prediction, PredictionStatus

@dataclass(frozen=True)
class Fitted:
    source: object
    slope: float
    mean: float
    higher_is_better: bool
    said: object = None
    name = "by-depth"
    in_unit = True

    def predict(self, architectures):
        return [
            Prediction(self.mean + self.slope * one.depth, None, None, PredictionStatus.OK, None, self.name)
            for one in architectures
        ]

    def to_document(self):
        if self.said is not None:
            return self.said
        return {"slope": self.slope, "mean": self.mean, "higher": self.higher_is_better}

@dataclass(frozen=True)
class ByDepth:
    source: object
    level: float
    said: object = None
    name = "by-depth"
    cost = "cheap"

    def fit(self, labelled):
        depths = [one.depth for one in labelled.architectures]
        slope, mean = np.polyfit(depths, labelled.quality, 1)
        return Fitted(self.source, float(slope), float(mean), labelled.higher_is_better, self.said)

    def from_document(self, document):
        return Fitted(self.source, document["slope"], document["mean"], document["higher"])

def number(source, level):
    return ByDepth(source, level, {"a": float("nan")})

def key(source, level):
    return ByDepth(source, level, {1: "a"})

def array(source, level):
    return ByDepth(source, level, {"a": np.zeros(2)})

def listed(source, level):
    return ByDepth(source, level, [1])

class Forgetful(ByDepth):
    from_document = None

@dataclass(frozen=True)
class Silent(ByDepth):
    def fit(self, labelled):
        class Plain:
            name, higher_is_better, in_unit, predict = "silent", False, True, None
        return Plain()
"""
NAMES = {
    **{"by-depth": "ByDepth", "number": "number", "key": "key", "array": "array", "listed": "listed"},
    **{"forgetful": "Forgetful", "silent": "Silent"},
}
FIT: dict[str, Any] = {"table": "gpt2-own", "number": 16, "features": "spec"}
IDENTITY = {"group": "predictors", "name": "by-depth", "package": "lpzero_depths", "version": "2.1"}


@pytest.fixture
def kept(install: Install, tmp_path: Path) -> Path:
    """The file of a predictor of a package that is installed."""
    install("lpzero_depths", CODE, {"predictors": NAMES}, "2.1")
    fit_predictor(predictor="by-depth", output=tmp_path / "kept.json", **FIT)
    return tmp_path / "kept.json"


def test_what_is_kept_says_what_was_fitted(kept: Path) -> None:
    document = json.loads(kept.read_text())
    assert (document["predictor"], document["plugins"]) == ("by-depth", [IDENTITY])
    assert len(document["labels"]) == 16
    slope, mean = document["state"]["slope"], document["state"]["mean"]
    found = predict(kept, table="gpt2-own")
    depths = [record.architecture.depth for record in load_table("gpt2-own").records]
    assert [row.value for row in found.rows] == pytest.approx([mean + slope * depth for depth in depths], abs=1e-9)
    assert {row.source for row in found.rows} == {"by-depth"}
    assert (found.direction, found.labels) == ("lower", 16)


def test_whoever_reads_kept_predictors_reads_it(kept: Path) -> None:
    assert evaluate_predictor("gpt2-own", kept, features="spec").rows[0].predictor == "by-depth"
    records = load_table("gpt2-own").records
    # how far it is off, which a probability needs, it does not say
    with pytest.raises(InputError, match="expected a kept ridge or gp, whose misses tell how sure it is"):
        gate(records[0].architecture, records[1].architecture, predictor=kept)
    assert article_of(kept, "p").kind == "predictor"


def test_without_its_package_it_is_one_line_but_for_a_report(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("lpzero.plugins._installed", lambda _path: ())
    with pytest.raises(MissingError) as caught:
        predict(kept, table="gpt2-own")
    needs = "needs the plug-in predictor by-depth of the package lpzero_depths 2.1, which is not installed: install it"
    assert str(caught.value) == f"{kept}: {needs}"
    assert isinstance(read_predictor_document(kept, usable=False), BroughtDocument)
    assert article_of(kept, "p").kind == "predictor"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("number", r"predictor 'number': to_document: expected plain JSON: "),
        ("array", r"predictor 'array': to_document: expected plain JSON: "),
        ("key", r"predictor 'key': to_document: expected a dict that JSON gives back as it is, found another value"),
        ("listed", r"predictor 'listed': to_document: expected a dict that JSON gives back as it is"),
        ("silent", r"predictor 'silent': expected to_document, which keeps it in a file, found none: it can be eval"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is_written(name: str, words: str, kept: Path) -> None:
    other = kept.with_name("other.json")
    with pytest.raises(InputError, match=words) as caught:
        fit_predictor(predictor=name, output=other, **FIT)
    assert str(caught.value).isprintable()
    assert not other.exists()


def test_what_has_no_way_back_is_refused(install: Install, tmp_path: Path) -> None:
    code = CODE.replace("    def from_document", "    def read_again")
    install("lpzero_depths", code, {"predictors": NAMES})
    with pytest.raises(InputError, match="predictor 'by-depth': expected from_document, which keeps it in a file"):
        fit_predictor(predictor="by-depth", output=tmp_path / "kept.json", **FIT)
    assert not (tmp_path / "kept.json").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": {"slope": 1.0}}, "state: by-depth cannot read it: KeyError: 'mean': fit the predictor again"),
        ({"state": 3}, "state: Input should be a valid dictionary: fit the predictor again"),
        ({"plugins": "x"}, "plugins: Input should be a valid list: fit the predictor again"),
        ({"plugins": [{"name": "x"}]}, "plugins: expected group, name, package, version of each"),
        ({"predictor": "other"}, "predictor: 'other' is of no package: fit the predictor again"),
        ({"level": None}, "level: Input should be a valid number: fit the predictor again"),
    ],
)
def test_a_damaged_file_is_one_line(change: dict[str, Any], words: str, kept: Path) -> None:
    kept.write_text(json.dumps({**json.loads(kept.read_text()), **change}))
    with pytest.raises(InputError, match=r"^.*kept\.json: ") as caught:
        predict(kept, table="gpt2-own")
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


def test_one_of_lpzero_says_nothing_of_packages_unless_its_proxies_do(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ridge.json"
    fit_predictor(output=path, **FIT)
    assert "plugins" not in json.loads(path.read_text())
    code = "from lpzero.metrics import Metric\ndef tall(shape):\n    return shape.depth\n"
    code += "TALL = Metric('tall', needs='shape', higher_is_better=True, meaning='m', paper='', "
    code += "function='lpzero_tall:tall')\n"
    install("lpzero_tall", code, {"metrics": {"tall": "TALL"}}, "3.0")
    fit_predictor(output=path, **{**FIT, "features": ["spec", "tall"]})
    assert [one["name"] for one in json.loads(path.read_text())["plugins"]] == ["tall"]
    assert predict(path, table="gpt2-own").rows
    monkeypatch.setattr("lpzero.plugins._installed", lambda _path: ())
    with pytest.raises(MissingError, match=r"needs the plug-in metric tall of the package lpzero_tall 3\.0"):
        predict(path, table="gpt2-own")
