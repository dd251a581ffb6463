"""``lpzero llm``: the endpoint of a language model, what asking it costs, and the replies so far."""

from __future__ import annotations

import click

from lpzero.cli.llm.cache import show_cache
from lpzero.cli.llm.check import check_endpoint
from lpzero.cli.llm.cost import show_cost
from lpzero.cli.llm.prompt import show_prompt


@click.group()
def llm() -> None:
    """Language models: check an endpoint, cost, cache, show-prompt."""


llm.add_command(check_endpoint)
llm.add_command(show_cost)
llm.add_command(show_cache)
llm.add_command(show_prompt)
