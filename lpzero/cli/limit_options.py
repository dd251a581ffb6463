"""Options for the highest costs that an architecture may have."""

from __future__ import annotations

from typing import Any

import click

from lpzero.cli.options import Count, Duration, Size

# The words of lpzero.costs.costs.COSTS, which this file does not import: that would load torch for --help.
LIMITED = {
    "params": (Count(), "parameters, such as 20M"),
    "nonembedding": (Count(), "parameters of the blocks"),
    "bytes": (Size(), "weights in float32, such as 80MB"),
    "flops": (Count(), "floating-point operations of a forward pass a token, such as 50M"),
    "memory": (Size(), "peak memory of a forward pass, such as 200MB"),
    "latency": (Duration(), "median time of a forward pass over one sequence, such as 5ms"),
}


def limited(command: Any) -> Any:
    """Add an option for each cost that may be limited."""
    for name, (kind, meaning) in reversed(LIMITED.items()):
        command = click.option(f"--max-{name}", type=kind, help=f"Most {meaning}.")(command)
    return command


def limits_of(settings: dict[str, Any]) -> dict[str, float]:
    """Take the limits out of the values of a command's options, by name of the cost, those that were given."""
    limits = {cost: settings.pop(f"max_{cost}") for cost in LIMITED}
    return {cost: limit for cost, limit in limits.items() if limit is not None}
