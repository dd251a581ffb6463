"""What a command is given of a language model that predicts, and what it says of it."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from lpzero.cli.asking_options import asking_options, print_asked
from lpzero.errors import InputError
from lpzero.predictors.prompted import Asking
from lpzero.predictors.result import AskedFigures

WHERE = ["--endpoint", "http://127.0.0.1:1/v1", "--model", "m"]


def received(words: list[str]) -> Any:
    found: list[Any] = []

    @click.command()
    @asking_options
    def command(**given: Any) -> None:
        found.append(given)

    result = CliRunner().invoke(command, words)
    if result.exception is not None:
        raise result.exception
    return found[0]


def test_a_command_receives_how_to_ask_or_none() -> None:
    assert received([]) == {"asking": None}
    asking = received([*WHERE, "--samples", "3", "--temperature", "0.7", "--at-once", "4", "--offline"])["asking"]
    assert isinstance(asking, Asking)
    assert (asking.samples, asking.at_once, asking.access.offline, asking.access.endpoint.model) == (3, 4, True, "m")
    with pytest.raises(InputError, match="`samples`"):
        received([*WHERE, "--samples", "3"])


def test_what_came_of_asking_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    print_asked(None)
    figures = {"model": "m", "temperature": 0.7, "samples": 3, "replies": 6, "statuses": {"ok": 5, "refused": 1}}
    counts = {"cached": 2, "repaired": 1, "calls": 5, "input": 1200, "output": 40}
    print_asked(AskedFigures(**figures, **counts, estimated=True, money=0.5, sd=0.125))
    assert capsys.readouterr().out == (
        "m at a temperature of 0.7, samples 3, mean standard deviation between samples 0.125\n"
        "replies: 5 ok, 1 refused; 2 of the cache, 1 repaired\n"
        "calls now 5: about 1,200 tokens read, 40 written, money 0.5\n"
    )
