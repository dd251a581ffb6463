"""``lpzero llm show-prompt``: a template with its values, or what a predictor asks, as it would be sent."""

from __future__ import annotations

from pathlib import Path

import click

from lpzero.cli import completion, options
from lpzero.cli.output import as_json, print_result, say
from lpzero.errors import InputError
from lpzero.settings import shorten


@click.command("show-prompt")
@click.argument("template", required=False, type=click.Path(path_type=Path))
@click.option("--values", type=click.Path(path_type=Path), help="JSON object: a text or number for each placeholder.")
@click.option("--part", "parts", multiple=True, metavar="NAME=FILE", help="A placeholder for the lines of a file.")
@click.option(
    "--table",
    shell_complete=completion.tables,
    help="Instead of a template: what the predictor llm is asked first about this table.",
)
@click.option("--labels", type=int, help="Demonstrations of the table.  [default: 10]")
@click.option("--split", help="published: the demonstrations of the table's own first split.")
@click.option("--protocol", help="Which model an architecture of the table stands for.  [default: the table's first]")
@options.seed
@as_json
def show_prompt(
    template: Path | None,
    values: Path | None,
    parts: tuple[str, ...],
    table: str | None,
    labels: int | None,
    split: str | None,
    protocol: str | None,
    seed: int,
    as_json: bool,
) -> None:
    """Fill the text file TEMPLATE, whose placeholders are $name or ${name}, and show the prompt; nothing is sent.

    Each value becomes one line without control characters, and what looks like a placeholder in it stays as it is.
    With --table the prompt is that of lpzero predictor eval --predictor llm.
    """
    from lpzero.llm.reply import estimated_tokens, most_tokens

    if (template is None) == (table is None):
        found = "neither" if template is None else "both"
        raise InputError(f"expected the file of a template or a `table`, found {found}: give one")
    if table is not None:
        if values is not None or parts:
            raise InputError("`values` and parts fill a template: expected none beside `table`")
        prompt = _of_table(table, labels, split, protocol, seed)
    else:
        assert template is not None
        for name, given in (("labels", labels), ("split", split), ("protocol", protocol)):
            if given is not None:
                raise InputError(f"`{name}` has no effect beside a template: give a `table`")
        prompt = _filled(template, values, parts)
    about, most = estimated_tokens(prompt), most_tokens(prompt)
    if as_json:
        from lpzero.cli.printed import PromptShown

        source = {"template": str(template)} if table is None else {"table": table}
        tokens = {"estimate": about, "most": most}
        print_result(PromptShown.model_validate({**source, "prompt": prompt, "tokens": tokens}))
        return
    click.echo(prompt.removesuffix("\n"))
    say(f"about {about:,} tokens, at most {most:,}")


def _of_table(table: str, labels: int | None, split: str | None, protocol: str | None, seed: int) -> str:
    from lpzero.api.prompt import shown_prompt

    request = shown_prompt(table, labels=labels, split=split, protocol=protocol, seed=seed)
    return "\n\n".join(message.text for message in request.messages)


def _filled(template: Path, values: Path | None, parts: tuple[str, ...]) -> str:
    from lpzero.llm.text import fill, read_text, read_values

    given = {} if values is None else read_values(values)
    return fill(read_text(template), given, dict(_part(part) for part in parts), source=str(template))


def _part(given: str) -> tuple[str, str]:
    from lpzero.llm.text import read_text

    name, equals, file = given.partition("=")
    if not (name and equals and file):
        raise InputError(f"`parts`: expected NAME=FILE, found {shorten(given, 60)}")
    return name, read_text(Path(file))
