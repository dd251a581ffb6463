"""Write the reference of the command line, ``docs/reference/cli.md``, from the commands themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from lpzero.cli.main import lpzero

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "cli.md"
HEAD = """# Commands

<!-- written by python benchmarks/commands.py -->

Every command with its options, as `--help` says them. What holds for all of them, exit codes among it, is said in the
[architecture](../architecture.md#the-command-line); what `--json` prints in [JSON documents](json.md); and how a shell
completes them in [shell completion](../howto/completion.md).
"""


def commands(command: click.Command, parent: click.Context | None, name: str) -> Iterator[tuple[str, click.Context]]:
    """The commands that do something, with their full names, in the order of ``--help``."""
    ctx = click.Context(command, info_name=name, parent=parent, auto_envvar_prefix=None)
    if not isinstance(command, click.Group):
        yield ctx.command_path, ctx
        return
    for inner in command.list_commands(ctx):
        found = command.get_command(ctx, inner)
        assert found is not None
        yield from commands(found, ctx, inner)


def section(path: str, ctx: click.Context) -> str:
    """One command: what it does, its usage, its options."""
    usage = " ".join([path, *ctx.command.collect_usage_pieces(ctx)])
    rows = [record for option in ctx.command.params if (record := option.get_help_record(ctx)) is not None]
    lines = [f"## {path}", "", _text(ctx.command.help or ""), "", "```text", usage, "```", ""]
    if rows:
        lines += [
            "| option | what it does |",
            "|---|---|",
            *(f"| {_code(names)} | {_cell(what)} |" for names, what in rows),
        ]
    return "\n".join(lines).rstrip() + "\n"


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(section(path, ctx) for path, ctx in commands(lpzero, None, "lpzero"))])


def _text(text: str) -> str:
    # click's mark of a paragraph that is not wrapped, and of the end of the help
    paragraphs = text.split("\f")[0].replace("\b\n", "").strip().split("\n\n")
    return "\n\n".join(" ".join(one.split()) for one in paragraphs)


def _code(text: str) -> str:
    return f"`{text}`".replace("|", r"\|")


def _cell(text: str) -> str:
    return re.sub(r"([|<>*_])", r"\\\1", " ".join(text.split()))


def main() -> None:
    """Write it."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
