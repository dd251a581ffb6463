"""The key of an endpoint: read from the environment at the first call, and taken out of every text that comes back."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from lpzero.errors import MissingError

SHORTEST_SECRET = 8
"""Letters of the shortest key that is a secret: what local servers are given, such as ``none``, is not."""
REDACTED = "[key]"


@dataclass(frozen=True)
class Key:
    """A key that no ``repr`` shows.

    Attributes:
        text: The key; empty for none.
    """

    text: str = field(repr=False)

    def redacted(self, text: str) -> str:
        """A text of a server, which may repeat the key, without it."""
        return text.replace(self.text, REDACTED) if self.is_in(text) else text

    def is_in(self, text: str) -> bool:
        """Whether the key stands in a text."""
        return len(self.text) >= SHORTEST_SECRET and self.text in text


def read_key(variable: str | None) -> Key:
    """Read a key.

    Args:
        variable: The environment variable that holds it; None for no key.

    Raises:
        MissingError: It is not set, or holds what no HTTP header can.
    """
    if variable is None:
        return Key("")
    text = os.environ.get(variable, "").strip()
    if not text:
        raise MissingError(
            f"{variable}: expected the key of the endpoint in this environment variable, found none: set it, name "
            f"another one as `key_variable`, or say that there is none"
        )
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise MissingError(f"{variable}: expected a key of printable ASCII letters, found another text: set it anew")
    return Key(text)
