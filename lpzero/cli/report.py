"""``lpzero report``: a page on one run or several."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from lpzero.errors import InputError, MissingError


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=click.Path())
@click.option(
    "--format",
    "format_",
    type=click.Choice(["html", "md", "json"]),
    default="html",
    show_default=True,
    help="One HTML file with pictures that loads nothing, Markdown, or JSON with the numbers behind the pictures.",
)
@click.option("--output", help="The file to write.  [default: RUN/report.html; md and json are printed]")
@click.option("--open", "opened", is_flag=True, help="Show the page in a browser.")
def report(runs: tuple[str, ...], format_: str, output: str | None, opened: bool) -> None:
    """Report on each RUN: what was found, how well it holds, how to repeat it; several stand side by side.

    A RUN is what a command keeps: the folder of evolve, enumerate, search, suggest or tables build, a run that is not
    finished as well, or a file of principles, a predictor or a result that was printed with --json.
    """
    import lpzero

    if opened and format_ != "html":
        raise InputError(f"--open: expected the format html, found {format_}: a browser shows that alone")
    path = output if output is not None or format_ != "html" else _beside(runs)
    text = lpzero.report(runs, format=format_, output=path)
    click.echo(text.rstrip("\n") if path is None else path)
    if opened and path is not None and not _shown(Path(path).resolve().as_uri()):
        raise MissingError(f"expected a browser, found none: open {path} in one")


def _beside(runs: tuple[str, ...]) -> str:
    """Where the page of runs goes: into the folder of a single one, else where the user is."""
    first = Path(runs[0])
    if len(runs) > 1:
        return "report.html"
    return str(first / "report.html" if first.is_dir() else first.with_name(f"{first.stem}-report.html"))


def _shown(address: str) -> bool:
    try:
        return webbrowser.open(address)
    except (webbrowser.Error, OSError):
        return False
