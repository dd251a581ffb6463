"""The published schemas, by a validator that is not ours: they are schemas, and what the commands print keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click
import pytest
from jsonschema import Draft202012Validator, ValidationError

from lpzero.cli.main import lpzero, run
from lpzero.cli.schema import DOCUMENTS, schema_of

SMALL = ("--batch", "2", "--tokens", "8", "--device", "cpu", "--jobs", "1")
PRINTED = {
    "doctor": ("doctor",),
    "spaces-list": ("spaces", "list"),
    "spaces-show": ("spaces", "show", "llama"),
    "tables-list": ("tables", "list"),
    "tables-show": ("tables", "show", "gpt2-own"),
    "tables-verify": ("tables", "verify", "gpt2-own"),
    "llm-cache": ("llm", "cache", "--cache-file", "none.sqlite"),
    "rank": ("rank", "depth", "params", "--table", "flexibert-own"),
    "compare": ("compare", "depth", "params", "--table", "flexibert-own"),
    "transfer": ("transfer", "depth", "--tables", "flexibert-own", "--tables", "gpt2-own"),
    "search": ("search", "--table", "gpt2-own", "--proxy", "params", "--samples", "8", "--keep", "2", *SMALL),
    "principles-mine": ("principles", "mine", "--table", "flexibert-own", "--output", "mined.json"),
}


def _commands(
    command: click.Command, words: tuple[str, ...], ctx: click.Context
) -> Iterator[tuple[str, click.Command]]:
    """Every command with its words, joined by hyphens."""
    if not isinstance(command, click.Group):
        yield "-".join(words), command
        return
    for name in command.list_commands(ctx):
        inner = command.get_command(ctx, name)
        assert inner is not None
        yield from _commands(inner, (*words, name), ctx)


def test_every_command_that_prints_json_has_a_schema() -> None:
    found = dict(_commands(lpzero, (), click.Context(lpzero)))
    printing = {name for name, one in found.items() if any(option.name == "as_json" for option in one.params)}
    # the last three are another document of a command that is there
    assert printing == set(DOCUMENTS) - {"evolve-leave-one-out", "search-schedule", "score-models"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_is_one(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", name]) == 0
    printed = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(printed)
    assert printed == schema_of(name)
    with pytest.raises(ValidationError):
        Draft202012Validator(printed).validate({})


@pytest.mark.parametrize("name", PRINTED)
def test_what_a_command_prints_keeps_its_schema(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    assert run([*PRINTED[name], "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(schema_of(name)).validate(document)
    assert next(iter(document)) == "schema"


def test_the_names_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert capsys.readouterr().out.split() == list(DOCUMENTS)


def test_another_name_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "table-shown"]) == 2
    assert "did you mean tables-show?" in capsys.readouterr().err
