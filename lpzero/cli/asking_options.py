"""Options of a predictor that asks a language model, and what came of it in words."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli.llm_options import access_options

if TYPE_CHECKING:
    from lpzero.predictors.result import AskedFigures

Command = Callable[..., Any]


def asking_options(command: Command) -> Command:
    """Add the options of a language model that predicts.

    The command receives them as ``asking``, a :class:`lpzero.predictors.prompted.Asking`, or None where neither an
    address nor a model is given.
    """

    @click.option(
        "--samples",
        type=int,
        default=1,
        show_default=True,
        help="Replies of a language model for each architecture; their mean is the value.",
    )
    @click.option("--at-once", type=int, default=1, show_default=True, help="Requests to it at the same time.")
    @access_options
    @functools.wraps(command)
    def wrapped(*arguments: Any, samples: int, at_once: int, access: Any, **named: Any) -> Any:
        from lpzero.predictors.prompted import Asking

        asking = None if access is None else Asking(access, samples, at_once)
        return command(*arguments, asking=asking, **named)

    return wrapped


def print_asked(asked: AskedFigures | None) -> None:
    """Say what came of asking a language model; nothing where none was asked."""
    if asked is None:
        return
    temperature = "its own" if asked.temperature is None else f"{asked.temperature:g}"
    statuses = ", ".join(f"{number} {status}" for status, number in asked.statuses.items()) or "none"
    differ = "" if asked.sd is None else f", mean standard deviation between samples {asked.sd:.4g}"
    money = "" if asked.money is None else f", money {asked.money:.6g}"
    about = "about " if asked.estimated else ""
    click.echo(
        f"{asked.model} at a temperature of {temperature}, samples {asked.samples}{differ}\n"
        f"replies: {statuses}; {asked.cached} of the cache, {asked.repaired} repaired\n"
        f"calls now {asked.calls}: {about}{asked.input:,} tokens read, {asked.output:,} written{money}"
    )
