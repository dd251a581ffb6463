"""The page of the command line: it is what the commands say of themselves."""

from __future__ import annotations

import click
from commands import PAGE, page, section


def test_the_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python benchmarks/commands.py"


def test_an_option_is_a_row_and_what_is_hidden_is_none() -> None:
    command = click.Command(
        "do",
        help="Do it.\n\nWith *care*.",
        params=[
            click.Option(["--way", "-w"], type=click.Choice(["a", "b"]), help="Which | way."),
            click.Option(["--secret"], hidden=True),
        ],
    )
    assert section("tool do", click.Context(command)) == (
        "## tool do\n\nDo it.\n\nWith *care*.\n\n```text\ntool do [OPTIONS]\n```\n\n"
        "| option | what it does |\n|---|---|\n| `-w, --way [a\\|b]` | Which \\| way. |\n"
    )
