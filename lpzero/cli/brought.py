"""Choices of a command that an installed package may add to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:
    # click before 8.2 has no parameter there
    _Choice = click.Choice


class ChoiceOrBrought(_Choice):
    """One of some names, or the name of a plug-in of a group; which there are is looked up for any other name alone.

    Args:
        choices: The names of the package.
        group: A group of :mod:`lpzero.plugins`.
    """

    def __init__(self, choices: Sequence[str], group: str) -> None:
        super().__init__(choices)
        self._group = group

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name itself; a name that nobody has is refused as click does."""
        if value not in self.choices:
            from lpzero.plugins import installed

            if any(plugin.name == value for plugin in installed(self._group)):
                return value
        return super().convert(value, param, ctx)
