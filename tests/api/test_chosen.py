"""A predictor is found by its name, by a proxy, or by its file, and what has no effect is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lpzero import fit_predictor
from lpzero.api.chosen import Wanted, choose, fitted_to, opened
from lpzero.api.judged import Judged
from lpzero.api.predictor import described_by
from lpzero.engines import Workers
from lpzero.errors import InputError
from lpzero.llm import Access, Endpoint
from lpzero.operands.probe import Probe
from lpzero.predictors import Source
from lpzero.predictors.prompted import Asking
from lpzero.progress import unwatched

ASKING = Asking(Access(Endpoint("http://127.0.0.1:1/v1", "m")))


@pytest.fixture(scope="module")
def judged() -> Judged:
    return Judged.of("gpt2-own", None, 0.9, 1.25, 0)


@pytest.fixture
def source(judged: Judged) -> Source:
    return described_by(judged.space, ["spec"], Probe(), Workers(), unwatched)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "ridge.json"
    fit_predictor(table="gpt2-own", number=12, features="spec", output=path)
    return path


def test_every_kind_is_found(judged: Judged, source: Source, kept: Path) -> None:
    names = {
        "ridge": "ridge",
        "distilled": "distilled ridge",
        str(kept): "ridge",
    }
    for wanted, name in names.items():
        number = 20 if wanted == "distilled" else None
        assert choose(judged, Wanted(wanted, number=number), source, None).name == name
    assert choose(judged, Wanted("distilled", teacher="gp", number=20), source, None).name == "distilled gp"


def test_a_kept_one_is_not_fitted_again(judged: Judged, source: Source, kept: Path) -> None:
    wanted = Wanted(kept)
    predictor = choose(judged, wanted, source, None)
    labels = fitted_to(wanted.document, judged)
    assert len(labels) == 12
    assert predictor.cost == "cheap"
    assert {one.source for one in predictor.fit(None).predict(labels)} == {"label"}  # type: ignore[arg-type]
    assert fitted_to(None, judged) == ()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"predictor": "ridge", "teacher": "gp"}, "`teacher` has no effect beside another `predictor` than distilled"),
        ({"predictor": "gp", "student": "mlp"}, "`student` has no effect"),
        ({"predictor": "gp", "number": 5}, "`number` has no effect"),
        ({"predictor": "distilled", "teacher": "distilled"}, "`teacher`: expected another one than distilled"),
    ],
)
def test_what_has_no_effect_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Wanted(**given)


def test_a_language_model_is_opened_where_one_is_asked(kept: Path) -> None:
    with opened(Wanted("ridge"), None, unwatched) as asker:
        assert asker is None
    for wanted in (Wanted("llm"), Wanted("distilled", teacher="llm")):
        with opened(wanted, ASKING, unwatched) as asker:
            assert asker is not None
        with pytest.raises(InputError, match="`endpoint` and `model` are missing"), opened(wanted, None, unwatched):
            pass
    for other in (Wanted("ridge"), Wanted(kept)):
        with pytest.raises(InputError, match="asks no language model"), opened(other, ASKING, unwatched):
            pass


def test_a_predictor_of_another_space_is_refused(kept: Path, source: Source) -> None:
    other = Judged.of("flexibert-own", None, 0.9, 1.25, 0)
    assert fitted_to(Wanted(kept).document, other) == ()
    with pytest.raises(InputError, match="expected a predictor of the space flexibert, found one of gpt2"):
        choose(other, Wanted(kept), source, None)
