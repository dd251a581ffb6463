"""What comes back: the text of one turn with what it took, and the reply that was read from one turn or several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from lpzero.llm.reading import ReplyStatus

Source = Literal["cache", "call"]


@dataclass(frozen=True)
class Usage:
    """Tokens.

    Attributes:
        input: What was read.
        output: What was written.
        estimated: Whether a part of it is counted by :func:`estimated_tokens`, since the server did not say it.
    """

    input: int = 0
    output: int = 0
    estimated: bool = False

    def __add__(self, other: Usage) -> Usage:
        estimated = self.estimated or other.estimated
        return Usage(self.input + other.input, self.output + other.output, estimated)

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.input + self.output


def estimated_tokens(text: str) -> int:
    """About how many tokens an English text is, as a byte-pair encoding has it: one for four bytes.

    >>> estimated_tokens("estimate the BLEU score")
    6
    """
    return -(-len(text.encode("utf-8", "replace")) // 4)


def most_tokens(text: str) -> int:
    """More tokens than a text can have: a token of a byte-level encoding stands for a byte at least."""
    return len(text.encode("utf-8", "replace"))


@dataclass(frozen=True)
class Turn:
    """What the server said to one request.

    Attributes:
        text: The words of the model, cleaned.
        finish: Why it ended, in the server's word, such as ``stop`` or ``length``.
        refusal: The words of the model that declines; empty where it does not.
        usage: What it took.
        notes: What was done otherwise than asked for.
    """

    text: str
    finish: str = "stop"
    refusal: str = ""
    usage: Usage = Usage()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What became of one request.

    Attributes:
        status: What the last turn is.
        value: What it says, as the request's :class:`lpzero.llm.reading.Expected` has it; None unless the status is
            ``ok``.
        reason: One line for people, empty where the status is ``ok``.
        text: The words of the last turn.
        usage: Tokens of all turns, those of the cache included.
        source: ``"cache"`` where every turn came from there, else ``"call"``.
        turns: How many there were: 1, and one more for each repair.
        notes: What was done otherwise than asked for, such as a schema that the server does not take.
    """

    status: ReplyStatus
    value: Any
    reason: str
    text: str
    usage: Usage
    source: Source
    turns: int
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return self.status is ReplyStatus.OK
