"""Options that say where work runs: a command receives them as one value."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from lpzero.cli.options import WORKERS
from lpzero.cli.worker_options import worker_options
from lpzero.engines import Workers


@pytest.fixture
def received() -> list[tuple[Workers, dict[str, Any]]]:
    return []


@pytest.fixture
def command(received: list[tuple[Workers, dict[str, Any]]]) -> click.Command:
    @click.command()
    @click.option("--other", type=int)
    @worker_options
    def job(workers: Workers, **others: Any) -> None:
        """Do nothing."""
        received.append((workers, others))

    return job


@pytest.mark.parametrize(
    ("words", "workers"),
    [
        ([], Workers(jobs=None)),
        (["--jobs", "3"], Workers(jobs=3)),
        (["--engine", "ray", "--address", "auto"], Workers(jobs=None, engine="ray", address="auto")),
        (
            ["--time-limit", "1m30s", "--memory-limit", "4GiB", "--jobs", "1"],
            Workers(jobs=1, time_limit=90.0, memory_limit=4 << 30),
        ),
    ],
)
def test_they_arrive_as_one_value(
    command: click.Command, received: list[tuple[Workers, dict[str, Any]]], words: list[str], workers: Workers
) -> None:
    assert CliRunner().invoke(command, ["--other", "7", *words], catch_exceptions=False).exit_code == 0
    assert received == [(workers, {"other": 7})]


def test_the_command_has_an_option_for_each_part_of_the_value(command: click.Command) -> None:
    assert [option.name for option in command.params if option.name != "other"] == list(WORKERS)
    assert set(WORKERS) == set(Workers.__dataclass_fields__)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--engine", "threads"], "'threads' is not one of 'serial', 'process', 'ray'"),
        (["--time-limit", "soon"], "expected a time such as 90s, 3m or 1h30m, found 'soon'"),
        (["--memory-limit", "much"], "expected a size such as 80MB, 1.5GiB or 30000, found 'much'"),
        (["--jobs", "many"], "'many' is not a valid integer"),
    ],
)
def test_what_is_none_of_them_is_refused(command: click.Command, words: list[str], message: str) -> None:
    done = CliRunner().invoke(command, words)
    assert done.exit_code == 2
    assert message in done.stderr
