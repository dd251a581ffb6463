"""A command with variants."""

from __future__ import annotations

import click
from click.testing import CliRunner

from lpzero.cli.tables.variants import Variants


@click.command("build")
@click.option("--other", required=True)
@click.option("--size", required=True)
def other(other: str, size: str) -> None:
    click.echo(f"other {other} {size}")


@click.command("build", cls=Variants, variants={"--other": other})
@click.option("--space", required=True)
def build(space: str) -> None:
    click.echo(f"space {space}")


@click.group()
def group() -> None:
    pass


group.add_command(build)


def test_the_option_decides_which_command_it_is() -> None:
    run = CliRunner()
    assert run.invoke(group, ["build", "--space", "a"]).output == "space a\n"
    assert run.invoke(group, ["build", "--size", "3", "--other", "b"]).output == "other b 3\n"
    assert run.invoke(group, ["build", "--other=b", "--size", "3"]).output == "other b 3\n"
    assert "Missing option '--size'" in run.invoke(group, ["build", "--other", "b"]).output
    assert "Missing option '--space'" in run.invoke(group, ["build"]).output
