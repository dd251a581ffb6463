"""Finding proxies: by name, file, run and text; and what is said about what is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.metrics import METRICS
from lpzero.proxy import load_proxy, proxy_names


def test_every_name_loads_and_none_is_used_twice() -> None:
    assert not set(METRICS) & set(proxy_names())
    for name in (*METRICS, *proxy_names()):
        proxy = load_proxy(name)
        assert proxy.name == name
        assert (proxy.formula is None) != (proxy.metric is None)
        # a paper, or the table that it was found on
        assert bool(proxy.paper) != bool(proxy.found_on)


def test_a_formula_is_a_proxy() -> None:
    proxy = load_proxy("sum( l1(weight) )")
    assert (proxy.name, proxy.direction, proxy.needs_pass) == ("sum(l1(weight))", "higher", True)


def test_shape_metrics_need_no_pass() -> None:
    assert not load_proxy("params").needs_pass
    assert load_proxy("synflow").needs_pass


def test_the_loss_on_text_needs_a_pass_and_a_text() -> None:
    for name, passes, text in (("text_loss", True, True), ("snip", True, False), ("params", False, False)):
        proxy = load_proxy(name)
        assert (proxy.needs_pass, proxy.needs_text) == (passes, text)


def test_a_finished_run_is_a_proxy_with_its_direction(tmp_path: Path) -> None:
    best = {"formula": "sum(l1(weight))", "direction": "lower"}
    (tmp_path / "best.json").write_text(json.dumps({"best": best}))
    for text in (str(tmp_path), str(tmp_path / "best.json")):
        proxy = load_proxy(text)
        assert (str(proxy.formula), proxy.direction) == ("sum(l1(weight))", "lower")


FILE = {"schema": 1, "name": "mine", "formula": "sum(l1(weight))", "higher_is_better": True}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "expected a JSON object"),
        ("[]", "expected a JSON object"),
        (json.dumps({**FILE, "schema": 2}), "expected schema 1, found 2"),
        (json.dumps({**FILE, "formula": "sum(l1(wieght))"}), "column 8"),
        (json.dumps({**FILE, "higher_is_better": "yes"}), "higher_is_better"),
        (json.dumps({**FILE, "code": "import os"}), "code"),
        (json.dumps({"schema": 1, "name": "x"}), "formula"),
        (json.dumps({"best": {"formula": 3, "direction": "up"}}), "finished run"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "proxy.json"
    path.write_text(text)
    with pytest.raises(InputError) as err:
        load_proxy(str(path))
    assert str(path) in str(err.value)
    assert words in str(err.value)
    assert "\n" not in str(err.value)


def test_unknown_names_list_the_valid_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown proxy 'snap': expected one of params, .*snip"):
        load_proxy("snap")
    with pytest.raises(InputError, match="no such proxy file"):
        load_proxy(str(tmp_path / "none.json"))
    with pytest.raises(InputError, match="reduce tensors"):
        load_proxy("weight")


def test_a_metric_that_is_told_something_is_a_proxy() -> None:
    proxy = load_proxy("hidden_covariance[layer=2]")
    assert proxy.name == proxy.metric == "hidden_covariance[layer=2]"
    assert proxy.formula is None
    assert proxy.needs_pass
    with pytest.raises(InputError, match=r"hidden_covariance: expected the options axis=units\|batch, layer="):
        load_proxy("hidden_covariance[depth=2]")
