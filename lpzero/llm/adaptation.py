"""What a server does not take of a request, and what is sent instead: found out once, and noted on every reply."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from lpzero.llm.failure import Failure, FailureKind
from lpzero.llm.reply import Turn
from lpzero.llm.request import Body

SCHEMA, LENGTH = "response_format", "max_tokens"
NOTES = {
    SCHEMA: "the server takes no JSON schema: the reply was asked for without one",
    LENGTH: "the server takes max_completion_tokens in the place of max_tokens",
}
_LOG = logging.getLogger(__name__)


class Adaptation:
    """Sends requests as the server takes them.

    A schema that is refused is left out, once for all requests; a limit of the length that is refused goes by its other
    name. Where the request is refused all the same, neither is held for the cause.
    """

    def __init__(self) -> None:
        self._refused: tuple[str, ...] = ()

    def carried_out(self, body: Body, send: Callable[[Body], Turn | Failure]) -> Turn | Failure:
        """Send a request, in another form where the server refuses what it has.

        Args:
            body: What should be sent.
            send: Sends a body, with whatever attempts that takes.
        """
        refused = self._refused
        while True:
            found = send(adapted(body, refused))
            cause = _cause(found, body, refused)
            if cause is None:
                break
            refused = (*refused, cause)
        if isinstance(found, Failure):
            return found
        for name in refused:
            if name not in self._refused:
                _LOG.info("note: %s", NOTES[name])
                self._refused = (*self._refused, name)
        return replace(found, notes=tuple(NOTES[name] for name in refused if name in body))


def adapted(body: Body, refused: tuple[str, ...]) -> Body:
    """The body without what is refused."""
    names = {LENGTH: "max_completion_tokens"} if LENGTH in refused else {}
    left_out = (SCHEMA,) if SCHEMA in refused else ()
    return {names.get(name, name): value for name, value in body.items() if name not in left_out}


def _cause(found: Turn | Failure, body: Body, refused: tuple[str, ...]) -> str | None:
    """What to send otherwise; None where nothing is left to try."""
    if isinstance(found, Turn) or found.kind is not FailureKind.PARAMETER:
        return None
    if LENGTH not in refused and "max_completion_tokens" in found.reason:
        return LENGTH
    return SCHEMA if SCHEMA in body and SCHEMA not in refused else None
