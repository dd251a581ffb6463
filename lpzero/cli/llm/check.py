"""``lpzero llm check``: whether an endpoint answers, and how well."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from lpzero.cli import options
from lpzero.cli.llm_options import endpoint_options
from lpzero.cli.output import as_json, print_grid, print_result
from lpzero.errors import InputError, NoResultError

if TYPE_CHECKING:
    from lpzero.llm import Endpoint

QUESTION = "A decoder has 7 layers. How many layers does it have? Reply with the number alone."
ANSWER = 7.0


@click.command("check")
@endpoint_options
@options.seed
@as_json
def check_endpoint(endpoint: Endpoint | None, as_json: bool, **_: object) -> None:
    """Ask an endpoint one small question: whether it answers, takes a JSON schema, and counts tokens.

    It makes one call, or up to three where the reply cannot be read, and uses no cache. Exit code 3 where the endpoint
    does not answer, 4 where no number can be read from what it says.
    """
    from lpzero.llm import Access, Number, Request, ask
    from lpzero.llm.adaptation import NOTES, OBJECT

    if endpoint is None:
        raise InputError("`endpoint` and `model` are missing: expected the address of a server and a model there")
    started = time.perf_counter()
    reply = ask(Request.of([QUESTION], Number(0, 1000, "layers")), Access(endpoint))
    document = {
        "endpoint": endpoint.address,
        "model": endpoint.model,
        "status": reply.status.value,
        "value": reply.value,
        "right": reply.value == ANSWER,
        "turns": reply.turns,
        "schema_taken": endpoint.structured and NOTES[OBJECT] not in reply.notes,
        "tokens": {"input": reply.usage.input, "output": reply.usage.output, "estimated": reply.usage.estimated},
        "seconds": round(time.perf_counter() - started, 3),
        "notes": list(reply.notes),
    }
    if as_json:
        from lpzero.cli.printed import EndpointChecked

        print_result(EndpointChecked.model_validate(document))
    else:
        usage = f"{reply.usage.input} read, {reply.usage.output} written"
        rows = {**document, "tokens": usage + " (estimated: the server says none)" * reply.usage.estimated}
        rows["notes"] = "; ".join(reply.notes) or None
        print_grid(None, [[name.replace("_", " "), value] for name, value in rows.items()])
    if not reply.ok:
        raise NoResultError(f"{endpoint.model}: {reply.reason}: try another model")
