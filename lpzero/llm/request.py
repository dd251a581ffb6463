"""A request: messages and what the reply has to be; what is sent for it, and the digest of all of that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lpzero.llm.endpoint import Endpoint
from lpzero.llm.reading import Expected
from lpzero.llm.reply import Usage, estimated_tokens, most_tokens
from lpzero.llm.text import clean_text

MESSAGE_TOKENS = 16
"""Tokens that a server may put around a message."""
Role = Literal["system", "user", "assistant"]
Body = dict[str, Any]
"""What is sent, as JSON has it."""


@dataclass(frozen=True)
class Message:
    """One message.

    Attributes:
        role: Whose it is.
        text: What it says; control characters are dropped when it is sent.
    """

    role: Role
    text: str


@dataclass(frozen=True)
class Request:
    """What is asked.

    Attributes:
        messages: At least one.
        expected: What the reply has to be.
        sample: Which of several replies to the same messages this is, from 0 on.
    """

    messages: tuple[Message, ...]
    expected: Expected
    sample: int = 0

    @classmethod
    def of(cls, parts: Sequence[str], expected: Expected, *, system: str = "", sample: int = 0) -> Request:
        """One message of the user that has the parts with an empty line between them.

        Args:
            parts: Such as role, instructions, definitions, demonstrations, query; empty ones are left out.
            expected: What the reply has to be.
            system: A message of the system before it; empty for none.
            sample: Which of several replies this is.
        """
        user = Message("user", "\n\n".join(part for part in parts if part))
        return cls(((Message("system", system), user) if system else (user,)), expected, sample)


def body_of(endpoint: Endpoint, request: Request, messages: Sequence[Message]) -> Body:
    """What is sent for the messages of a turn."""
    body: Body = {
        "model": endpoint.model,
        "messages": [{"role": message.role, "content": clean_text(message.text)} for message in messages],
        "max_tokens": endpoint.max_tokens,
    }
    if endpoint.temperature is not None:
        body["temperature"] = endpoint.temperature
    if endpoint.seed is not None:
        body["seed"] = endpoint.seed + request.sample
    if endpoint.structured:
        schema = {"name": "reply", "schema": request.expected.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def digest_of(endpoint: Endpoint, request: Request, body: Body) -> str:
    """SHA-256 of everything that decides a reply: the address, the whole body, the number of the sample."""
    whole = {"address": endpoint.address.rstrip("/"), "body": body, "sample": request.sample}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def most_usage(body: Body) -> Usage:
    """More tokens than a turn can take: a token a byte of what is sent, and the longest reply."""
    texts = [message["content"] for message in body["messages"]]
    sent = sum(most_tokens(text) + MESSAGE_TOKENS for text in texts)
    return Usage(sent + most_tokens(json.dumps(body.get("response_format", ""))), body["max_tokens"], estimated=True)


def expected_usage(body: Body) -> Usage:
    """About what a turn takes, where it uses all that it may write."""
    sent = sum(estimated_tokens(message["content"]) for message in body["messages"])
    return Usage(sent, body["max_tokens"], estimated=True)
