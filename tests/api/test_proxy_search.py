"""``lpzero.ProxySearch``: scikit-learn's conventions."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import lpzero
from lpzero.errors import InputError

SMALL: dict[str, Any] = {
    **{"population": 8, "islands": 1, "generations": 1, "start": "random", "search_size": 8, "validation_size": 4},
    **{"test_size": 12, "batch": 2, "tokens": 8, "elements": 64},
}


def test_parameters_are_kept_as_they_are_and_checked_by_fit() -> None:
    search = lpzero.ProxySearch(population=-1, random_state="x")  # type: ignore[arg-type]
    assert search.get_params()["population"] == -1
    with pytest.raises(InputError, match="`random_state`: expected a whole number, a seed, found str"):
        search.fit("gpt2-own")
    with pytest.raises(InputError, match="`population`"):
        lpzero.ProxySearch(population=-1).fit("gpt2-own")
    with pytest.raises(InputError, match="`y`: expected nothing"):
        lpzero.ProxySearch().fit("gpt2-own", [1.0])  # type: ignore[arg-type]


def test_every_parameter_is_got_set_and_cloned() -> None:
    names = [name for name in inspect.signature(lpzero.ProxySearch.__init__).parameters if name != "self"]
    search = lpzero.ProxySearch(**SMALL, random_state=3)
    params = search.get_params()
    assert sorted(params) == sorted(names)
    assert clone(search).get_params() == params
    assert search.set_params(generations=2).get_params()["generations"] == 2
    assert not [name for name in vars(search) if name.endswith("_")]
    assert "generations=2" in repr(search)


def test_what_is_not_fitted_predicts_nothing() -> None:
    with pytest.raises(NotFittedError):
        lpzero.ProxySearch().predict([])


def test_fit_finds_what_evolve_finds_and_predicts_by_it(tmp_path: Path) -> None:
    search = lpzero.ProxySearch(**SMALL, random_state=5, output=tmp_path / "run")
    assert search.fit("gpt2-own") is search
    same = lpzero.evolve("gpt2-own", **SMALL, seed=5, output=tmp_path / "same")
    assert str(search.proxy_.formula) == same.best.formula
    assert search.tau_ == same.best.test.tau_a
    assert search.run_ == tmp_path / "run"
    assert search.n_evaluated_ == same.evaluated
    table = lpzero.load_table("gpt2-own")
    some = [record.architecture for record in table.records[:6]]
    scores = search.predict(some)
    assert scores.shape == (6,)
    assert np.isfinite(scores).all()
    assert -1 <= search.score(some, table.oriented[:6]) <= 1
    # a clone has found nothing
    assert not hasattr(clone(search), "proxy_")
