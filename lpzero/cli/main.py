"""The command ``lpzero``: its sub-commands, and what becomes of errors, interrupts and signals."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

import click

from lpzero.errors import LpzeroError

INTERRUPTED, TERMINATED = 130, 143
REDELIVERY_S = 5.0
_CARRIED_OUT = "lpzero.command"

# Name of a command -> the module that defines it under that name, loaded when the command is used.
_COMMANDS = {
    "enumerate": "Rank every formula of the paper's grammar, and prove the best one.",
    "evolve": "Discover a proxy: evolve formulas against a table of trained architectures.",
    "rank": "Rank a table with proxies and print their rank correlations.",
    "compare": "Compare proxies on a table: paired differences, at matched size as well.",
    "transfer": "Rank several tables with the same proxies, as one matrix.",
    "explain": "Say what a proxy measures: what is left of its ranking without tokens, weights, gradients.",
    "predictor": "Predictors: fit one to a few trainings, and say how well it predicts others.",
    "predict": "Say what a fitted predictor expects of architectures.",
    "gate": "Say which of two architectures trains better, before and after they are trained.",
    "suggest": "Say which architectures to train next, from what came of those that were trained.",
    "search": "Search architectures with a proxy, without training any.",
    "compress": "Cut a trained checkpoint down to a smaller one that still speaks.",
    "score": "Score one model with proxies, or rank several.",
    "report": "Make a page on runs: what was found, how well it holds, how to repeat it.",
    "runs": "List the runs below a folder, with state and best.",
    "watch": "Follow a run from another terminal.",
    "build": "Write the untrained model of an architecture as a transformers folder.",
    "export": "Write a proxy as text, sympy, LaTeX, PyTorch or JSON.",
    "tables": "Performance tables: list, fetch, show, verify, build, import.",
    "spaces": "Search spaces: list, show.",
    "llm": "Language models: check an endpoint, cost, cache, show-prompt.",
    "principles": "Design principles: mine, ask, check, show, diff, transfer, adapt.",
    "plugins": "List what installed packages bring: spaces, operands, primitives, metrics and more.",
    "schema": "Print the JSON Schema of what a command prints with --json.",
    "doctor": "Show what this machine has and what lpzero finds on it.",
}


class _Commands(click.Group):
    """A group that imports a sub-command when it is used, so that ``--help`` is quick."""

    def invoke(self, ctx: click.Context) -> Any:
        """Carry out a command; its errors name its flags."""
        if any(name in ctx.args for name in ctx.help_option_names):
            return super().invoke(ctx)
        # a help text waits for none of it
        from lpzero.cli.logs import said_logs

        try:
            with said_logs():
                return super().invoke(ctx)
        except LpzeroError as err:
            from lpzero.cli.flags import as_flags

            err.args = (as_flags(str(err), ctx.meta.get(_CARRIED_OUT, self)),)
            raise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, and remember which one it is; of a group the one that follows."""
        name, command, rest = super().resolve_command(ctx, args)
        found = command
        if isinstance(command, click.Group) and rest:
            found = command.get_command(ctx, rest[0])
            # one that an option makes another command has the flags of that one
            of = getattr(found, "of", None)
            found = found if of is None else of(rest) or found
        if found is not None:
            ctx.meta[_CARRIED_OUT] = found
        return name, command, rest

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """The names, in the order of a first visit."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a name; None where there is none."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"lpzero.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands with their one line, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_Commands,
    context_settings={"auto_envvar_prefix": "LPZERO", "help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="lpzero")
def lpzero() -> None:
    """Discover zero-cost proxies for language-model architectures.

    The result goes to stdout, progress to stderr. Exit codes: 0 done, 1 the work failed, 2 wrong use or bad input,
    3 data is missing, 4 no valid result, 130 interrupted, 143 terminated.
    """


class _Terminated(BaseException):
    """SIGTERM arrived."""


def _terminate(number: int, _frame: FrameType | None) -> None:
    # an exception that is raised while a destructor runs is dropped: the signal comes again until the process ends
    again = threading.Timer(REDELIVERY_S, os.kill, (os.getpid(), number))
    again.daemon = True
    again.start()
    raise _Terminated


class _Interrupted(KeyboardInterrupt):
    """Ctrl-C arrived.

    Where a KeyboardInterrupt itself leaves a text that is executed, such as the methods that dataclasses make, Python
    remembers it, whoever catches it later, and ends by the signal instead of with our exit code.
    """


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise _Interrupted


def run(arguments: list[str] | None = None) -> int:
    """Run a command line and return its exit code; errors that are ours end in one line on stderr."""
    signal.signal(signal.SIGTERM, _terminate)
    # a shell may have made what runs in its background deaf to it
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        code = lpzero.main(args=arguments, prog_name="lpzero", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except LpzeroError as err:
        click.echo(f"lpzero: error: {err}", err=True)
        return err.exit_code
    except OSError as err:
        click.echo(f"lpzero: error: {err}", err=True)
        return LpzeroError.exit_code
    except click.ClickException as err:
        err.show()
        return err.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("lpzero: interrupted", err=True)
        return INTERRUPTED
    except _Terminated:
        # a second signal must not cut the message short
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        click.echo("lpzero: terminated", err=True)
        return TERMINATED


def main() -> None:
    """Entry point of the installed script."""
    code = run()
    # what has been said is the end: a second signal must not interrupt the interpreter's own way out
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(code)
