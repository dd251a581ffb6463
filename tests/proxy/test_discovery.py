"""The result of a discovery: what is written is read again, and what is damaged is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.proxy.discovery import EnumerateResult, EvolveResult, read_discovery

PART = {"tau_b": 0.5, "tau_a": 0.4, "rho": 0.6, "distinct": 1.0, "n": 12}
TEST = {
    **PART,
    "interval": [0.1, 0.7],
    "rho_interval": [0.2, 0.8],
    "within_depth": {"tau_a": None, "pairs": 0},
    "matched_size": {"tau_a": 0.3, "pairs": 7},
    "top_decile": {"n": 1, "tau_a": 0.0, "precision": 1.0},
    "regret": {"1": {"quality": 0.5, "share": 0.25}},
    "pick_percentile": 90.0,
}
NONE: dict[str, Any] = dict.fromkeys(("difference", "interval", "p", "p_swap", "p_holm"))
SOME = {"difference": 0.1, "interval": [-0.1, 0.3], "p": 0.2, "p_swap": 0.3, "p_holm": 0.4}
CLOSE = {"tau_a": 0.3, "interval": [-0.2, 0.6], "pairs": 7, "within": 1.25}
CONTROL = {
    **{"proxy": "strongest_feature", "direction": "higher", "labels": 24, "what": "depth"},
    "test": {**TEST, "within_width": {"tau_a": 0.1, "interval": None, "pairs": 2}, "matched_size": CLOSE},
    "versus": {**SOME, "detectable": 0.3, "matched_size": {**SOME, "detectable": 0.5}},
}
BEST = {
    **{"formula": "sum(l1(weight))", "direction": "lower", "size": 3, "search": PART, "validation": PART},
    **{"test": TEST, "sketch": {"search": 0.4, "validation": None}},
}
HEAD = {
    **{"schema": 1, "run": "runs/x", "space": "gpt2", "table": "gpt2-own", "table_sha256": "0" * 64},
    **{"protocol": "own", "seed": 3},
}
CHOICE = {
    "best": BEST,
    "front": [{"formula": "sum(l1(weight))", "direction": "lower", "size": 3, "search": 0.4, "validation": None}],
    "baselines": [
        {"proxy": "params", "direction": "higher", "test": TEST, "versus": SOME},
        {"proxy": "synflow", "direction": "higher", "test": {"n": 12, "status": "overflow"}, "versus": NONE},
        CONTROL,
    ],
    "left_out": [{"id": "0007", "part": "test", "status": "timeout", "reason": "took longer than 1 s"}],
}
EVOLVED: dict[str, Any] = {
    **HEAD,
    **{"evaluated": 9, "duplicates": 2, "pruned": {"constant": 3}, "seconds": 1.5, "stopped_by": "generations"},
    **{"generations": 1, "islands": 2, "restarts": 0, "start": {"enumerated": 0, "formulas": []}},
    **CHOICE,
}
ENUMERATED: dict[str, Any] = {
    **HEAD,
    **{"branches": 534, "formulas": 99, "distinct_formulas": 9, "nonfinite": 1, "constant": 2, "per_second": 5},
    **{"evaluated": 98, "pruned": {}, "top": {"rankings": 9, "lost": {"constant": 1}}, "seconds": 1.5},
    **CHOICE,
}


@pytest.mark.parametrize(("document", "enumerated"), [(EVOLVED, False), (ENUMERATED, True)])
def test_a_document_is_written_as_it_was_read(document: dict[str, Any], enumerated: bool) -> None:
    found = read_discovery(json.loads(json.dumps(document)), Path("best.json"), enumerated=enumerated)
    assert isinstance(found, EnumerateResult if enumerated else EvolveResult)
    assert found.to_json() == document
    # what another version wrote is kept
    later = {**document, "more": [1, {"x": None}]}
    assert read_discovery(later, Path("best.json"), enumerated=enumerated).to_json() == later


def test_what_an_older_version_did_not_write_stays_away() -> None:
    document = json.loads(json.dumps(EVOLVED))
    for key in ("left_out", "start", "restarts", "table_sha256", "space", "duplicates"):
        del document[key]
    found = read_discovery(document, Path("best.json"), enumerated=False)
    assert isinstance(found, EvolveResult)
    assert (found.left_out, found.start, found.restarts) == ([], None, None)
    assert found.to_json() == document


def _damaged(*keys: Any, value: Any = ...) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(EVOLVED))
    place: Any = document
    for key in keys[:-1]:
        place = place[key]
    if value is ...:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    return document


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (_damaged("best"), "best: none"),
        (_damaged("best", "test"), "best.test: none"),
        (_damaged("best", "direction", value="up"), "best.direction: "),
        (_damaged("best", "search", "n", value="12"), "best.search.n: "),
        (_damaged("baselines", 0, "test", "tau_a", value=float("nan")), "baselines.0.test.tau_a: "),
        (_damaged("baselines", 0, "test", "interval", value=[0.1]), "baselines.0.test.interval: "),
        (_damaged("baselines", 0, "versus", "p_holm"), "baselines.0.versus: expected a difference and its p-values"),
        (_damaged("front", value={}), "front: "),
        (_damaged("left_out", 0, "reason"), "left_out.0.reason: none"),
    ],
)
def test_what_is_damaged_is_named(document: dict[str, Any], found: str) -> None:
    with pytest.raises(InputError) as caught:
        read_discovery(document, Path("x/best.json"), enumerated=False)
    message = str(caught.value)
    assert message.startswith(f"x/best.json: expected the result of a run, found {found}")
    assert message.endswith(": delete the file")


def test_neither_is_the_other() -> None:
    with pytest.raises(InputError, match="found branches: none"):
        read_discovery(EVOLVED, Path("best.json"), enumerated=True)
    with pytest.raises(InputError, match="found stopped_by: none"):
        read_discovery(ENUMERATED, Path("best.json"), enumerated=False)
