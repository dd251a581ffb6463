"""Report on runs: one page with what was found, how well it holds, and how to repeat it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from lpzero.errors import LpzeroError, unknown_name
from lpzero.files import write_text

FORMATS = ("html", "md", "json")


def report(runs: str | Path | Sequence[str | Path], *, format: str = "html", output: str | Path | None = None) -> str:
    """Report on runs: ``lpzero report``.

    Args:
        runs: Folders of runs, tables or suggestions, files of principles, predictors or results; several stand side by
            side.
        format: ``"html"``, one file with pictures that loads nothing; ``"md"``; or ``"json"``, with the numbers behind
            the pictures.
        output: Where to write it as well; a file that is there is replaced.

    Returns:
        The text of the report.

    Raises:
        InputError: One of them is nothing that lpzero keeps, or is damaged; or the format is unknown.
        LpzeroError: The file cannot be written.
    """
    from lpzero.reporting.document import to_document
    from lpzero.reporting.html import to_html
    from lpzero.reporting.markdown import to_markdown
    from lpzero.reporting.report import page_of

    if format not in FORMATS:
        raise unknown_name("format", format, FORMATS)
    page = page_of([Path(one) for one in ([runs] if isinstance(runs, (str, Path)) else runs)])
    if format == "html":
        text = to_html(page)
    elif format == "md":
        text = to_markdown(page)
    else:
        text = json.dumps(to_document(page), indent=1, allow_nan=False) + "\n"
    if output is not None:
        try:
            write_text(Path(output), text)
        except OSError as err:
            raise LpzeroError(f"{output} cannot be written: {err.strerror or err}: give another `output`") from err
    return text
