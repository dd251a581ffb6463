"""``lpzero llm cost``: what prompts will take, before they are sent, and what a job has taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lpzero.cli.llm_options import price_options, prices_of
from lpzero.cli.output import as_json, print_grid, print_result
from lpzero.errors import InputError


@click.command("cost")
@click.argument("prompt", required=False, type=click.Path(path_type=Path))
@click.option("--calls", type=int, default=1, show_default=True, help="How often such a prompt is sent.")
@click.option("--max-tokens", type=int, default=256, show_default=True, help="Longest reply, in tokens.")
@click.option("--ledger", type=click.Path(path_type=Path), help="File that a job keeps what it spent in.")
@price_options
@as_json
def show_cost(
    prompt: Path | None,
    calls: int,
    max_tokens: int,
    ledger: Path | None,
    input_price: float | None,
    output_price: float | None,
    as_json: bool,
) -> None:
    """Estimate what the text file PROMPT takes, and show what a job spent by its ledger.

    Tokens are an estimate, one for four bytes, and a bound, one a byte; only the server knows. Replies count with their
    longest. Limits of a job are checked by the bound.
    """
    if prompt is None and ledger is None:
        raise InputError("expected the file of a prompt, or `ledger`, found neither: give one")
    if calls < 1 or max_tokens < 1:
        raise InputError(f"expected `calls` and `max_tokens` of at least 1, found {calls} and {max_tokens}")
    prices = prices_of(input_price, output_price)
    rows: dict[str, dict[str, Any]] = {}
    if prompt is not None:
        rows |= _estimates(prompt, calls, max_tokens, prices)
    if ledger is not None:
        rows["spent"] = _spent(ledger, prices)
    if as_json:
        from lpzero.cli.printed import CostShown

        print_result(CostShown.model_validate({name: rows.get(name) for name in ("estimate", "most", "spent")}))
        return
    header = ["", "calls", "tokens read", "tokens written", "money"]
    print_grid(header, [[name, *list(row.values())[:4]] for name, row in rows.items()])


def _row(calls: int, usage: Any, prices: Any, times: int = 1) -> dict[str, Any]:
    money = None if prices is None else round(times * prices.of(usage), 6)
    return {
        "calls": calls,
        "input": times * usage.input,
        "output": times * usage.output,
        "money": money,
        "estimated": usage.estimated,
    }


def _estimates(prompt: Path, calls: int, max_tokens: int, prices: Any) -> dict[str, dict[str, Any]]:
    from lpzero.llm.reply import Usage, estimated_tokens, most_tokens
    from lpzero.llm.request import MESSAGE_TOKENS
    from lpzero.llm.text import clean_text, read_text

    text = clean_text(read_text(prompt))
    about = Usage(estimated_tokens(text), max_tokens, estimated=True)
    most = Usage(most_tokens(text) + MESSAGE_TOKENS, max_tokens, estimated=True)
    return {"estimate": _row(calls, about, prices, calls), "most": _row(calls, most, prices, calls)}


def _spent(ledger: Path, prices: Any) -> dict[str, Any]:
    from lpzero.llm.ledger import read_ledger
    from lpzero.llm.reply import Usage

    if not ledger.exists():
        raise InputError(f"{ledger}: no such file")
    spent = read_ledger(ledger)
    return _row(len(spent), sum(spent.values(), Usage()), prices)
