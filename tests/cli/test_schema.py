"""The published schemas, by a validator that is not ours: they are schemas, and what the commands print keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click
import pytest
from jsonschema import Draft202012Validator, ValidationError

from lpzero.cli.main import lpzero, run
from lpzero.cli.schema import DOCUMENTS, schema_of


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
    # these are another document of a command that is there
    others = {
        *("evolve-leave-one-out", "search-schedule", "score-models", "compress-front", "evolve-choices"),
        *("tables-build-sub-networks", "tables-build-choices"),
    }
    assert printing == set(DOCUMENTS) - others


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_is_one(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", name]) == 0
    printed = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(printed)
    assert printed == schema_of(name)
    with pytest.raises(ValidationError):
        Draft202012Validator(printed).validate({})


def test_the_names_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert capsys.readouterr().out.split() == list(DOCUMENTS)


def test_another_name_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "table-shown"]) == 2
    assert "did you mean tables-show?" in capsys.readouterr().err
