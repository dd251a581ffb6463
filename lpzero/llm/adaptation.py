"""What a server does not take of a request, and what is sent instead: found out once, and noted on every reply."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from lpzero.llm.failure import Failure, FailureKind
from lpzero.llm.reply import Turn
from lpzero.llm.request import Body

FORMAT = "response_format"
SCHEMA, OBJECT, LENGTH = "json_schema", "json_object", "max_tokens"
NOTES = {
    SCHEMA: "the server takes a JSON schema beside json_object alone",
    OBJECT: "the server takes no JSON schema: the reply was asked for without one",
    LENGTH: "the server takes max_completion_tokens in the place of max_tokens",
}
_LOG = logging.getLogger(__name__)


class Adaptation:
    """Sends requests as the server takes them.

    A schema goes as OpenAI has it, else as llama.cpp has it (``{"type": "json_object", "schema": ...}``), else not at
    all; a limit of the length that is refused goes by its other name. Where a request is refused all the same, none of
    it is held for the cause.
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
        notes = notes_of(body, refused)
        for note in notes:
            if note not in notes_of(body, self._refused):
                _LOG.info("note: %s", note)
        self._refused = refused
        return replace(found, notes=notes)


def adapted(body: Body, refused: tuple[str, ...]) -> Body:
    """The body without what is refused."""
    names = {LENGTH: "max_completion_tokens"} if LENGTH in refused else {}
    form = body.get(FORMAT)
    if form is not None and SCHEMA in refused:
        form = None if OBJECT in refused else {"type": OBJECT, "schema": form[SCHEMA]["schema"]}
    rest = {names.get(name, name): value for name, value in body.items() if name != FORMAT}
    return rest if form is None else {**rest, FORMAT: form}


def notes_of(body: Body, refused: tuple[str, ...]) -> tuple[str, ...]:
    """What of a body was sent otherwise, in words."""
    schema = () if FORMAT not in body else tuple(name for name in (OBJECT, SCHEMA) if name in refused)[:1]
    return tuple(NOTES[name] for name in (*schema, *(name for name in (LENGTH,) if name in refused)))


def _cause(found: Turn | Failure, body: Body, refused: tuple[str, ...]) -> str | None:
    """What to send otherwise; None where nothing is left to try."""
    if isinstance(found, Turn) or found.kind is not FailureKind.PARAMETER:
        return None
    if LENGTH not in refused and "max_completion_tokens" in found.reason:
        return LENGTH
    forms = (SCHEMA, OBJECT) if FORMAT in body else ()
    return next((form for form in forms if form not in refused), None)
