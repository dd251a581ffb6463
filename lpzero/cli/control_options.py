"""Options that say which architectures of a table proxies are judged on, and beside what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

include_seen = click.option(
    "--include-seen",
    is_flag=True,
    help="Rank what proxies were chosen on as well; their rows are marked as in-sample.",
)
labels = click.option(
    "--labels",
    type=int,
    help="Labels of other architectures that controls are fitted to.  [default: those that the proxies were chosen on]",
)


def matched(command: Callable[..., Any]) -> Callable[..., Any]:
    """The factor by which matched sizes may differ."""
    return click.option(
        "--matched",
        type=float,
        default=1.25,
        show_default=True,
        help="Parameters outside the embeddings may differ by this factor to count as the same size.",
    )(command)
