"""Settings: validated once, with the setting's name in every message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.evolution.config import check_config
from lpzero.evolution.run import prepare
from lpzero.evolution.start import check_start
from lpzero.settings import read_document

NAMED = {"space": "flexibert", "protocol": "trained", "table": "flexibert-glue"}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *(("seed", -1), ("population", 3), ("generations", -1), ("search_size", 3), ("max_depth", 25)),
        *(
            ("budget", 0.0),
            ("crossover_rate", 1.5),
            ("grammar", "koza"),
            ("device", "tpu"),
            ("elements", 8),
            ("budget", float("inf")),
            ("parsimony", float("nan")),
        ),
        *(("seed", "0"), ("islands", 0), ("epoch", 0), ("restart_after", -1), ("quantile", 1.0)),
        *(("objective", "rho"), ("select", "lexicase"), ("resamples", 0), ("seed_formulas", "sum(l1(weight))")),
    ],
)
def test_a_wrong_setting_is_named(setting: str, value: object) -> None:
    with pytest.raises(InputError, match=f"^here: {setting}: .*found"):
        check_config({**NAMED, setting: value}, source="here")


def test_a_setting_that_there_is_not_is_named_beside_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r"^here: nonsense: no such setting: expected one of space, .*judge$"):
        check_config({**NAMED, "nonsense": 1}, source="here")


def test_the_elite_leaves_room() -> None:
    for setting in ("elite", "migrants"):
        with pytest.raises(InputError, match=f"here: {setting}: expected fewer than the population of 10, found 10"):
            check_config({**NAMED, "population": 10, setting: 10}, source="here")
    assert [check_config({**NAMED, "population": n}).elite for n in (4, 5, 6, 200)] == [3, 4, 5, 5]


def test_a_table_is_judged_at_last() -> None:
    with pytest.raises(InputError, match="here: judge: expected a table to `hold_out`, or all"):
        check_config({**NAMED, "judge": "held_out"}, source="here")


def test_options_are_named_as_they_are_given() -> None:
    with pytest.raises(InputError, match=r"^`max_depth`: expected less than or equal to 24, found 25"):
        check_config({**NAMED, "max_depth": 25})


def test_files_are_json_objects(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_document(tmp_path / "nowhere.json")
    for text in ("{", "[1]", "\x00"):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(InputError, match="expected a JSON object"):
            read_document(tmp_path / "bad.json")


def test_a_table_of_another_space_is_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    with pytest.raises(InputError, match="table gpt2-wt103 is of space gpt2, found `space` flexibert"):
        prepare(check_config({**NAMED, "table": "gpt2-wt103"}, source="here"))
    with pytest.raises(InputError, match="records left for the test"):
        prepare(check_config({**NAMED, "search_size": 490}, source="here"))


def test_settings_of_before_islands_are_read() -> None:
    config = check_config({**NAMED, "population": 50, "patience": None}, source="here")
    assert (config.islands, config.seed_formulas, config.objective) == (4, [], "joint")


@pytest.mark.parametrize("size", [11, 257])
def test_too_few_or_too_many_architectures_for_an_enumeration_are_refused(size: int) -> None:
    for possible in (12, 256):
        check_start(check_config({**NAMED, "search_size": possible}))
    with pytest.raises(InputError, match=f"ranks 12 to 256 architectures, found `search_size` {size}: give `start`"):
        check_start(check_config({**NAMED, "search_size": size}))
    check_start(check_config({**NAMED, "search_size": size, "start": "random"}))


def test_initialisations_belong_to_the_joint_objective() -> None:
    check_config({**NAMED, "initialisations": 2})
    with pytest.raises(
        InputError, match=r"^`objective`: expected joint beside several `initialisations`, found 'plain'$"
    ):
        check_config({**NAMED, "initialisations": 2, "objective": "plain"})


def test_weights_belong_to_the_joint_objective_and_are_fewer_than_labels() -> None:
    weighted = {**NAMED, "grammar": "weighted"}
    check_config(weighted)
    with pytest.raises(InputError, match=r"^`objective`: expected joint beside the grammar weighted"):
        check_config({**weighted, "objective": "stable"})
    with pytest.raises(InputError, match=r"^`terms`: expected fewer than the 6 labels that weights are fitted to"):
        check_config({**weighted, "search_size": 4, "validation_size": 2})
    check_config({**NAMED, "search_size": 4, "validation_size": 2})


@pytest.mark.parametrize(
    "wrong", [{"initialisations": 2, "objective": "plain"}, {"grammar": "weighted", "objective": "plain"}]
)
def test_what_is_wrong_with_two_settings_is_said_of_one_of_them(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        check_config({**NAMED, **wrong})
    assert str(caught.value).startswith("`objective`: ")
    assert "{" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sum(mean(max_tokens(head)))", "a formula of the grammar typed that sketches can score"),
        ("l1(weight)", "expected one value for the model, found layers"),
        ("sum(l1(exp(exp(exp(exp(exp(exp(weight))))))))", "at most 8 deep"),
        ("sum(l2(weight))", "unknown primitive"),
    ],
)
def test_a_seed_that_the_grammar_lacks_is_refused(text: str, words: str) -> None:
    check_start(check_config({**NAMED, "seed_formulas": ["sum(l1(weight))"]}))
    with pytest.raises(InputError, match=words):
        check_start(check_config({**NAMED, "seed_formulas": [text]}))
