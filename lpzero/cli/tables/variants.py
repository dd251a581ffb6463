"""A command with variants: an option hands it over to another command, which has options of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click


class Variants(click.Command):
    """A command that is another one where a certain option is given.

    Args:
        variants: The other commands, by the option that asks for each.
    """

    def __init__(self, *args: Any, variants: Mapping[str, click.Command], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.variants = variants

    def of(self, args: Sequence[str]) -> click.Command | None:
        """The command that the words of a command line ask for; None where they ask for this one."""
        for option, command in self.variants.items():
            if any(one == option or one.startswith(f"{option}=") for one in args):
                return command
        return None

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the command that is asked for."""
        other = self.of(args)
        if other is not None:
            return other.make_context(info_name, args, parent, **extra)
        return super().make_context(info_name, args, parent, **extra)
