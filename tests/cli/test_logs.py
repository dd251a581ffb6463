"""What jobs log is said on stderr, with the flags of the command, for as long as a command runs."""

from __future__ import annotations

import logging
import subprocess
import sys

import click
import pytest

from lpzero.cli.logs import said_logs
from lpzero.cli.progress import progress_display
from lpzero.progress import Progress

COMMAND = click.Command("c", params=[click.Option(["--search-size"])])
LOGGER = logging.getLogger("lpzero.somewhere")


def test_a_record_is_a_line_with_flags_and_nothing_is_said_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger("lpzero").level
    with click.Context(COMMAND), said_logs():
        LOGGER.info("`search_size`: %s is few", 3)
        LOGGER.debug("nobody asked")
    LOGGER.info("too late")
    assert capsys.readouterr() == ("", "--search-size: 3 is few\n")
    assert logging.getLogger("lpzero").level == before


def test_without_a_command_a_record_is_said_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with said_logs():
        LOGGER.warning("`search_size`")
    assert capsys.readouterr().err == "`search_size`\n"


def test_a_record_ends_the_bar_that_it_would_cut(capsys: pytest.CaptureFixture[str]) -> None:
    with click.Context(COMMAND), said_logs(), progress_display() as display:
        display(Progress("scoring", 0.5, "1/2"))
        LOGGER.warning("a note")
        display(Progress("scoring", 1.0, "2/2"))
    lines = capsys.readouterr().err.splitlines()
    assert lines.index("a note") == 1
    assert lines[-1].startswith("scoring: 100 %")


def test_a_help_text_waits_for_neither_the_log_nor_torch() -> None:
    script = (
        "import sys\n"
        "from lpzero.cli.main import run\n"
        "code = run(['rank', '--help'])\n"
        "print('loaded:', [name for name in ('logging', 'numpy', 'torch', 'lpzero.api') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.endswith("loaded: []\n"), done.stderr


def test_what_a_record_quotes_is_said_in_printable_letters(capfd: pytest.CaptureFixture[str]) -> None:
    with said_logs():
        logging.getLogger("lpzero.readers").warning("found \u202e\x1b[31m\n in %s", "a file")
    assert capfd.readouterr().err == "found \\u202e\\x1b[31m\\n in a file\n"
