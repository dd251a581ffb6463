"""The endpoint that answers: its address, its model, and how long and how often it is asked, all of it explicit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from urllib.parse import urlsplit

from lpzero.errors import InputError
from lpzero.settings import shorten

KEY_VARIABLE = "OPENAI_API_KEY"
"""The environment variable that holds the key, unless another one is named."""


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible endpoint, and what every request to it has.

    Nothing is taken from the environment but the key, and that only when a request is sent.

    Attributes:
        address: Where it is, such as ``https://api.openai.com/v1`` or ``http://127.0.0.1:8000/v1``.
        model: Name of the model there.
        key_variable: The environment variable that holds its key; None where it needs none.
        timeout: Seconds that one attempt may take from its begin to the last byte.
        deadline: Seconds that all attempts at one reply, and the waits between them, may take.
        retries: How often an attempt that failed is made again, at least 0.
        temperature: Of the model's draws, from 0 to 2; None for the endpoint's own.
        seed: Of the model's draws, at least 0; None for none. The k-th sample of a request has ``seed + k``.
        max_tokens: The longest reply, in tokens, at least 1.
        structured: Whether a JSON schema is sent with every request. Replies are checked against it here anyway.

    Raises:
        InputError: A value is not what it must be.
    """

    address: str
    model: str
    key_variable: str | None = KEY_VARIABLE
    timeout: float = 60.0
    deadline: float = 300.0
    retries: int = 4
    temperature: float | None = 0.0
    seed: int | None = 0
    max_tokens: int = 256
    structured: bool = True

    def __post_init__(self) -> None:
        _check_address(self.address)
        if not self.model or len(self.model) > 200 or not self.model.isprintable():
            raise InputError(f"`model`: expected the name of a model, found {shorten(self.model, 60)}")
        if self.key_variable is not None and not self.key_variable.isidentifier():
            # what stands here may be the key itself, by mistake
            raise InputError("`key_variable`: expected the name of an environment variable, found another text")
        for name in ("timeout", "deadline"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"`{name}`: expected a number of seconds above 0, found {value}")
        if not 0 <= self.retries <= 100:
            raise InputError(f"`retries`: expected from 0 to 100, found {self.retries}")
        if self.temperature is not None and not 0 <= self.temperature <= 2:
            raise InputError(f"`temperature`: expected from 0 to 2, found {self.temperature}")
        if self.seed is not None and self.seed < 0:
            raise InputError(f"`seed`: expected at least 0, found {self.seed}")
        if self.max_tokens < 1:
            raise InputError(f"`max_tokens`: expected at least 1, found {self.max_tokens}")


def _check_address(address: str) -> None:
    """Raise InputError, whose message does not repeat what may hold a password."""
    wanted = "`endpoint`: expected http(s)://HOST[:PORT]/PATH, such as https://api.openai.com/v1"
    if not (address.isprintable() and address.isascii()) or " " in address:
        raise InputError(f"{wanted}, found a text with spaces or other letters")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise InputError(f"{wanted}, found another text") from None
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InputError(f"{wanted}, found one with a user, a query or a fragment: the key comes from the environment")
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise InputError(f"{wanted}, found {shorten(address, 100)}")
