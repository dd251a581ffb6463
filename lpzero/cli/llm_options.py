"""Options that say which language model is asked and what that may take, the same for every command that asks one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lpzero.cli.options import Count, Duration
from lpzero.errors import InputError

Command = Callable[..., Any]

ENDPOINT = ("endpoint", "model", "key_variable", "no_key", "timeout", "deadline", "retries", "temperature")
LENGTH = ("max_tokens", "no_schema")
SPENDING = ("cache_file", "no_cache", "offline", "ledger", "call_limit", "token_limit", "money_limit")
PRICES = ("input_price", "output_price")

_ENDPOINT = (
    click.option("--endpoint", help="Address of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1."),
    click.option("--model", help="Name of the model there."),
    click.option(
        "--key-variable",
        default="OPENAI_API_KEY",
        show_default=True,
        help="Environment variable that holds the key; keys are taken from nowhere else.",
    ),
    click.option("--no-key", is_flag=True, help="The server needs no key."),
    click.option("--timeout", type=Duration(), default="60s", show_default=True, help="Most time for one attempt."),
    click.option(
        "--deadline",
        type=Duration(),
        default="5m",
        show_default=True,
        help="Most time for all attempts at one reply, and the waits between them.",
    ),
    click.option("--retries", type=int, default=4, show_default=True, help="Further attempts where one fails."),
    click.option("--temperature", type=float, default=0.0, show_default=True, help="Of the model's draws, 0 to 2."),
    click.option(
        "--max-tokens", type=int, default=256, show_default=True, help="Longest reply, in tokens; a longer one is cut."
    ),
    click.option("--no-schema", is_flag=True, help="Send no JSON schema; replies are checked here anyway."),
)
_SPENDING = (
    click.option(
        "--cache-file",
        type=click.Path(path_type=Path),
        help="SQLite file of the replies so far.  [default: in the cache folder]",
    ),
    click.option("--no-cache", is_flag=True, help="Look no reply up, and keep none."),
    click.option("--offline", is_flag=True, help="Answer from the cache alone."),
    click.option("--ledger", type=click.Path(path_type=Path), help="File that keeps what was spent, for the limits."),
    click.option("--call-limit", type=Count(), help="Most requests that are sent, repairs and retries included."),
    click.option("--token-limit", type=Count(), help="Most tokens, read and written."),
    click.option("--money-limit", type=float, help="Most money, by the prices."),
)
_PRICES = (
    click.option("--input-price", type=float, help="Of a million tokens that are read; lpzero knows no prices."),
    click.option("--output-price", type=float, help="Of a million tokens that are written."),
)


def endpoint_options(command: Command) -> Command:
    """Add the options of the endpoint.

    The command receives them as ``endpoint``, a :class:`lpzero.llm.Endpoint`, or None where neither an address nor a
    model is given. A ``seed`` of the command's own is that of the model's draws.
    """

    @functools.wraps(command)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        given = {name: named.pop(name) for name in (*ENDPOINT, *LENGTH)}
        return command(*arguments, endpoint=_endpoint(given, named.get("seed", 0)), **named)

    return _with(_ENDPOINT, wrapped)


def access_options(command: Command) -> Command:
    """Add the options of the endpoint, the cache, the ceilings and the prices.

    The command receives them as ``access``, a :class:`lpzero.llm.Access`, or None where neither an address nor a model
    is given.
    """

    @functools.wraps(command)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        given = {name: named.pop(name) for name in SPENDING}
        prices = prices_of(*(named.pop(name) for name in PRICES))
        endpoint = named.pop("endpoint")
        access = None if endpoint is None else _access(endpoint, given, prices)
        return command(*arguments, access=access, **named)

    return endpoint_options(_with((*_SPENDING, *_PRICES), wrapped))


def price_options(command: Command) -> Command:
    """Add the options of the prices; :func:`prices_of` reads them."""
    return _with(_PRICES, command)


def prices_of(input_price: float | None, output_price: float | None) -> Any:
    """The prices, a :class:`lpzero.llm.Prices`; None where there are none, and InputError where one is missing."""
    from lpzero.llm import Prices

    if input_price is None and output_price is None:
        return None
    if input_price is None or output_price is None:
        raise InputError("`input_price`: expected it together with `output_price`, found one alone: give both")
    return Prices(input_price, output_price)


def _endpoint(given: dict[str, Any], seed: int) -> Any:
    from lpzero.llm import Endpoint

    if given["endpoint"] is None and given["model"] is None:
        return None
    for name, example in (("endpoint", "http://127.0.0.1:8000/v1"), ("model", "gpt-4o")):
        if given[name] is None:
            raise InputError(f"`{name}` is missing: expected one such as {example}")
    return Endpoint(
        address=given["endpoint"],
        model=given["model"],
        key_variable=None if given["no_key"] else given["key_variable"],
        structured=not given["no_schema"],
        seed=seed,
        **{name: given[name] for name in ("timeout", "deadline", "retries", "temperature", "max_tokens")},
    )


def _access(endpoint: Any, given: dict[str, Any], prices: Any) -> Any:
    from lpzero.llm import Access, Ceilings, default_path

    if given["no_cache"] and given["cache_file"] is not None:
        raise InputError("`cache_file` has no effect beside `no_cache`: give one of them")
    return Access(
        endpoint,
        cache=None if given["no_cache"] else given["cache_file"] or default_path(),
        ledger=given["ledger"],
        ceilings=Ceilings(given["call_limit"], given["token_limit"], given["money_limit"]),
        prices=prices,
        offline=given["offline"],
    )


def _with(options: tuple[Callable[[Command], Command], ...], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
