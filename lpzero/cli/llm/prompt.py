"""``lpzero llm show-prompt``: a template with its values, as it would be sent."""

from __future__ import annotations

from pathlib import Path

import click

from lpzero.cli.output import as_json, print_json, say
from lpzero.errors import InputError
from lpzero.settings import shorten


@click.command("show-prompt")
@click.argument("template", type=click.Path(path_type=Path))
@click.option("--values", type=click.Path(path_type=Path), help="JSON object: a text or number for each placeholder.")
@click.option("--part", "parts", multiple=True, metavar="NAME=FILE", help="A placeholder for the lines of a file.")
@as_json
def show_prompt(template: Path, values: Path | None, parts: tuple[str, ...], as_json: bool) -> None:
    """Fill the text file TEMPLATE, whose placeholders are $name or ${name}, and show the prompt; nothing is sent.

    Each value becomes one line without control characters, and what looks like a placeholder in it stays as it is.
    """
    from lpzero.llm.reply import estimated_tokens, most_tokens
    from lpzero.llm.text import fill, read_text, read_values

    given = {} if values is None else read_values(values)
    prompt = fill(read_text(template), given, dict(_part(part) for part in parts), source=str(template))
    about, most = estimated_tokens(prompt), most_tokens(prompt)
    if as_json:
        print_json(
            {"schema": 1, "template": str(template), "prompt": prompt, "tokens": {"estimate": about, "most": most}}
        )
        return
    click.echo(prompt.removesuffix("\n"))
    say(f"about {about:,} tokens, at most {most:,}")


def _part(given: str) -> tuple[str, str]:
    from lpzero.llm.text import read_text

    name, equals, file = given.partition("=")
    if not (name and equals and file):
        raise InputError(f"`parts`: expected NAME=FILE, found {shorten(given, 60)}")
    return name, read_text(Path(file))
