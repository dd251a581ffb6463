"""Options for limits: one a cost, each with its unit."""

from __future__ import annotations

from typing import Any

import click
from click.testing import CliRunner

from lpzero.cli.limit_options import LIMITED, limited, limits_of
from lpzero.costs.costs import COSTS


def test_limits_are_read_with_their_units_and_those_that_are_not_given_are_none() -> None:
    @click.command()
    @limited
    def command(**settings: Any) -> None:
        click.echo(limits_of(settings))
        click.echo(settings)

    done = CliRunner().invoke(command, ["--max-params", "20M", "--max-bytes", "80MB", "--max-latency", "5ms"])
    assert done.output.splitlines() == ["{'params': 20000000, 'bytes': 80000000, 'latency': 0.005}", "{}"]
    assert list(LIMITED) == list(COSTS)
