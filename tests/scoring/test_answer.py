"""What a model's process may answer: a result that was asked for, or an error, and nothing else."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from lpzero.errors import InputError, LpzeroError, MissingError, NoResultError
from lpzero.scoring.answer import checked, unreadable
from lpzero.scoring.result import ModelScore

SCORE = {"proxy": "params", "value": 3.0, "direction": "higher", "status": "ok", "seconds": 0.1}
DOCUMENT: dict[str, Any] = {
    **{"model": "m.py", "space": None, "protocol": None, "params": 3, "seed": 4},
    "costs": {"params": 3, "nonembedding": 3, "bytes": 12, "flops": 3},
    **{"batch_sha256": "0" * 64, "notes": [], "percentiles": None},
    "scores": [SCORE, {**SCORE, "proxy": "snip", "value": None, "status": "failed"}],
}
NAMES = ["params", "snip"]
PERCENTILES = {"space": "gpt2", "protocol": "own", "drawn": 2, "of": {"params": 50.0, "snip": None}}


def _changed(*keys: Any, value: Any) -> dict[str, Any]:
    document = deepcopy(DOCUMENT)
    place: Any = document
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    return document


@pytest.mark.parametrize("document", [DOCUMENT, {**DOCUMENT, "percentiles": PERCENTILES}])
def test_a_result_is_read_as_it_was_written(document: dict[str, Any]) -> None:
    found = checked(document, "m.py", 4, NAMES)
    assert isinstance(found, ModelScore)
    assert found.to_json() == document


@pytest.mark.parametrize(
    "answer",
    [
        *(None, 3, "text", [], {}, [DOCUMENT]),
        pytest.param({key: value for key, value in DOCUMENT.items() if key != "costs"}, id="a key is missing"),
        pytest.param({**DOCUMENT, "more": 1}, id="a key more"),
        pytest.param(_changed("costs", "more", value=1), id="a key more inside"),
        pytest.param(_changed("model", value="other.py"), id="another model"),
        pytest.param(_changed("seed", value=5), id="another seed"),
        pytest.param(_changed("seed", value=4.0), id="a seed of another type"),
        pytest.param(_changed("scores", value=[SCORE]), id="a score is missing"),
        pytest.param(_changed("scores", value=DOCUMENT["scores"][::-1]), id="another order"),
        pytest.param(_changed("scores", 0, "value", value="3"), id="a score as text"),
        pytest.param(_changed("scores", 0, "value", value=float("nan")), id="not a number"),
        pytest.param(_changed("scores", 0, "value", value=float("inf")), id="infinity"),
        pytest.param(_changed("scores", 0, "direction", value="up"), id="no direction"),
        pytest.param({**DOCUMENT, "percentiles": {**PERCENTILES, "of": {"params": 50.0}}}, id="percentiles of some"),
        pytest.param({"error": 3, "exit_code": 1}, id="an error that is no text"),
        pytest.param({"error": "x"}, id="an error without a code"),
        pytest.param({"error": "x", "exit_code": 1, **DOCUMENT}, id="both"),
    ],
)
def test_anything_else_is_no_result(answer: Any) -> None:
    with pytest.raises(LpzeroError) as caught:
        checked(answer, "m.py", 4, NAMES)
    assert type(caught.value) is LpzeroError
    assert str(caught.value) == str(unreadable("m.py"))
    assert str(unreadable("m.py")).startswith("m.py: expected a result, found something else: ")


@pytest.mark.parametrize(
    ("code", "kind"), [(1, LpzeroError), (2, InputError), (3, MissingError), (4, NoResultError), (77, LpzeroError)]
)
def test_an_error_keeps_its_kind(code: int, kind: type[LpzeroError]) -> None:
    with pytest.raises(LpzeroError) as caught:
        checked({"error": "m.py: it failed", "exit_code": code}, "m.py", 4, NAMES)
    assert type(caught.value) is kind
    assert str(caught.value) == "m.py: it failed"


def test_an_error_is_one_printable_line() -> None:
    for text, shown in (("one\ntwo", "one"), ("a\x1b[31mb", "a\\x1b[31mb"), ("", ""), ("x" * 900, "x" * 500 + "...")):
        with pytest.raises(LpzeroError) as caught:
            checked({"error": text, "exit_code": 1}, "m.py", 4, NAMES)
        assert str(caught.value) == shown
