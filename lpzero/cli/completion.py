"""Names that a shell completes: spaces, tables, proxies. Where none begins so, the shell looks for a file.

Each is called by click while a line is typed, so that it imports no more than the names need.
"""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem


def spaces(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """The spaces that begin so."""
    from lpzero.spaces.registry import space_names

    return _completed(space_names(), incomplete)


def tables(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """The known tables that begin so, whether they are here or not."""
    from lpzero.tables.catalog import TABLES

    return _completed(TABLES, incomplete)


def proxies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """The shipped proxies and coded metrics that begin so."""
    from lpzero.metrics import METRICS
    from lpzero.proxy.proxy import proxy_names

    return _completed(sorted({*proxy_names(), *METRICS}), incomplete)


def _completed(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]
