"""``lpzero principles``: what good architectures have in common, as rules that a machine checks."""

from __future__ import annotations

import click

from lpzero.cli.principles.adapt import adapt_file
from lpzero.cli.principles.ask import ask_model
from lpzero.cli.principles.check import check_file
from lpzero.cli.principles.diff import diff_files
from lpzero.cli.principles.mine import mine_table
from lpzero.cli.principles.show import show_file
from lpzero.cli.principles.transfer import transfer_table


@click.group()
def principles() -> None:
    """Design principles: mine, ask, check, show, diff, transfer, adapt."""


principles.add_command(mine_table)
principles.add_command(ask_model)
principles.add_command(check_file)
principles.add_command(show_file)
principles.add_command(diff_files)
principles.add_command(transfer_table)
principles.add_command(adapt_file)
