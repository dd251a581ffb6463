"""What jobs log, on stderr."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

from lpzero.cli.flags import as_flags
from lpzero.cli.output import say
from lpzero.cli.progress import DISPLAY

LONGEST = 5000
"""Letters of a line; more than any path and message of the package have together."""


class _Lines(logging.Handler):
    """Says every record on stderr, a line each, its settings as the flags of the command."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say a record."""
        from lpzero.settings import one_line

        # a record may quote a file, whose text is no terminal's business
        message = one_line(record.getMessage(), LONGEST)
        context = click.get_current_context(silent=True)
        if context is None:
            say(message)
            return
        if (display := context.meta.get(DISPLAY)) is not None:
            display.close()
        say(as_flags(message, context.command))


@contextmanager
def said_logs() -> Iterator[None]:
    """Say on stderr what the package logs inside the block."""
    logger, lines = logging.getLogger("lpzero"), _Lines()
    level = logger.level
    logger.addHandler(lines)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(lines)
