"""The command line of a discovery; that settings come back from it is tested where runs are repeated."""

from __future__ import annotations

import shlex

import pytest

from lpzero.proxy.command import discovery_command, discovery_words, flag_words, plain_number

SETTINGS = {"space": "gpt2", "table": "gpt2-own", "protocol": "own", "seed": 3, "grammar": "typed"}


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("budget", None, []),
        ("seed_formulas", [], []),
        ("seed_formulas", ["a(b)", "c"], ["--seed-formula", "a(b)", "--seed-formula", "c"]),
        ("worst", False, []),
        ("worst", True, ["--worst"]),
        ("rules", False, ["--no-rules"]),
        ("rules", True, ["--rules"]),
        ("principles", {"principles": []}, ["--principles", "principles.json"]),
        ("mutation_rate", 1e-7, ["--mutation-rate", "1e-07"]),
    ],
)
def test_a_setting_is_said_by_its_flag(setting: str, value: object, words: list[str]) -> None:
    assert flag_words(setting, value) == words


def test_a_whole_number_has_no_fraction() -> None:
    assert [plain_number(value) for value in (5e6, 0.5, 3, "x")] == ["5000000", "0.5", "3", "x"]


def test_what_follows_from_elsewhere_is_said_though_it_is_usual() -> None:
    settings = {**SETTINGS, "search_size": 50, "start": "random", "device": "cpu", "islands": 4}
    words = discovery_words("evolve", settings, settings)
    assert {"--search-size", "--start", "--device", "--seed", "--primitive", "--operand"} <= set(words)
    assert "--islands" not in words
    assert "--islands" in discovery_words("evolve", settings, {})


@pytest.mark.parametrize(("grammar", "said"), [("typed", True), ("weighted", True), ("layered", False)])
def test_a_grammar_that_may_take_what_packages_bring_says_that_it_took_nothing(grammar: str, said: bool) -> None:
    words = discovery_words("evolve", {**SETTINGS, "grammar": grammar, "primitives": [], "operands": []}, {})
    assert (words[-4:] == ["--primitive", "none", "--operand", "none"]) is said


def test_each_size_that_differs_between_tables_is_left_to_them() -> None:
    part = {"table": "llama-own", "protocol": "own", "search_size": 12, "validation_size": 9}
    settings = {**SETTINGS, "search_size": 12, "validation_size": 8, "beside": [part]}
    words = shlex.split(discovery_command("evolve", settings, {}))
    assert words[:6] == ["lpzero", "evolve", "--table", "gpt2-own:own", "--table", "llama-own:own"]
    assert "--search-size" in words
    assert "--validation-size" not in words
