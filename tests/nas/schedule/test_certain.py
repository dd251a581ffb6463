"""What integer programs are certain of by a ridge on sums: nothing that fits is expected to be better."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero import fit_predictor, search
from lpzero.errors import InputError
from lpzero.nas.schedule.certain import sum_of
from lpzero.nas.schedule.predictor import ByFitted
from lpzero.nas.schedule.result import ScheduleResult
from lpzero.predictors.regression import FittedRegression
from tests.nas.schedule.test_setting import prepared

SIZES = "parents = 4\nmutants = 2\ncrossovers = 2\niterations = 1\n"
MOST = 1_000_000


def fitted(folder: Path, features: str = "sums", predictor: str = "ridge") -> Path:
    path = folder / f"{predictor}-{features}.json"
    fit_predictor(table="gpt2-own", number=40, features=features.split(","), predictor=predictor, output=path)
    return path


def scheduled(folder: Path, predictor: Path | str, phases: str = "") -> Path:
    path = folder / "schedule.toml"
    first = f'[[phase]]\nfrom = 0\npredictor = "{predictor}"\nexact = true\n'
    path.write_text(SIZES + first + phases)
    return path


def kept(path: Path) -> dict[str, Any]:
    from lpzero.nas.schedule.chosen import named
    from lpzero.nas.schedule.document import PhaseDocument

    return named(PhaseDocument(from_=0, predictor=str(path)), path.parent).config.model_dump()


def test_no_random_architecture_is_expected_to_be_better(tmp_path: Path) -> None:
    path = fitted(tmp_path)
    found = search(
        space="gpt2",
        protocol="own",
        schedule=scheduled(tmp_path, path),
        limits={"params": MOST},
        output=tmp_path / "run",
        device="cpu",
    )
    assert isinstance(found, ScheduleResult)
    sure = found.certificate
    assert sure is not None
    assert sure.score == pytest.approx(sure.bound, abs=1e-9)
    best = found.best[0]
    assert best.costs["params"] <= MOST
    setting = prepared(predictors=[kept(path)], phases=[{"begins": 0, "predictor": 0}], limits={"params": MOST})
    predictor = setting.predictors[0]
    assert isinstance(predictor, ByFitted)
    regression = predictor.fitted
    assert isinstance(regression, FittedRegression)
    rng, taken = np.random.default_rng(0), set[str]()
    drawn = [one for _ in range(300) if (one := setting.pool.sample(rng, taken)) is not None]
    described = regression.predictor.source.describe(drawn)
    expected = regression.conformal.predict(regression.design.matrix(described)).value
    assert float(expected.max()) <= sure.score + 1e-9
    # the scale that it is linear on is that of the logarithm of a loss
    assert best.score == pytest.approx(np.exp(-sure.score))
    score, better = sum_of(predictor)
    assert better
    assert [score(one) for one in drawn] == pytest.approx(expected.tolist(), abs=1e-9)
    assert search(resume=tmp_path / "run").to_json() == found.to_json()


def test_later_phases_go_on_with_its_population(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    phases = '[[phase]]\nfrom = 1\npredictor = "depth"\n'
    path = scheduled(tmp_path / "a", "params", phases)
    path.write_text(path.read_text().replace("iterations = 1", "iterations = 2"))
    found = search(
        space="gpt2",
        protocol="own",
        schedule=path,
        limits={"params": MOST},
        output=tmp_path / "run",
        device="cpu",
    )
    assert isinstance(found, ScheduleResult)
    assert found.certificate is not None
    assert found.phases[0].score == found.certificate.score == found.certificate.bound <= MOST
    assert found.phases[1].predictor == "depth"


@pytest.mark.parametrize(("features", "predictor"), [("spec", "ridge"), ("sums", "gp"), ("spec,sums", "ridge")])
def test_what_is_no_sum_is_refused_before_there_is_a_folder(tmp_path: Path, features: str, predictor: str) -> None:
    path = scheduled(tmp_path, fitted(tmp_path, features, predictor))
    with pytest.raises(InputError, match="exact: expected a predictor that is a sum over layers, a ridge that"):
        search(space="gpt2", protocol="own", schedule=path, output=tmp_path / "run", device="cpu")
    assert not (tmp_path / "run").exists()


def test_a_space_whose_choices_exclude_others_is_refused(tmp_path: Path) -> None:
    path = scheduled(tmp_path, "params")
    space = Path(__file__).parents[3] / "examples" / "spaces" / "bert.toml"
    with pytest.raises(InputError, match="expected a space of which all choices go together, found "):
        search(space=space, schedule=path, output=tmp_path / "run", device="cpu")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"limits": {"latency": 1.0}}, "expected costs that are counted, found latency"),
        ({"table": "gpt2-own"}, "an exact search is of a whole space"),
    ],
)
def test_what_cannot_be_known_is_refused(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    path = scheduled(tmp_path, "params")
    with pytest.raises(InputError, match=said):
        search(space="gpt2", protocol="own", schedule=path, output=tmp_path / "run", device="cpu", **more)
    assert not (tmp_path / "run").exists()
