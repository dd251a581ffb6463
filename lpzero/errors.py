"""The errors that lpzero raises on purpose, each with the exit code that the command line gives it."""

from __future__ import annotations

from collections.abc import Iterable


class LpzeroError(Exception):
    """The work could not be done: a model failed to build, a step raised (exit code 1).

    The message is one line: what was expected, what was found, what to do.
    """

    exit_code = 1


class InputError(LpzeroError):
    """A name, value, file or formula that the user gave is not usable (exit code 2)."""

    exit_code = 2


class TooLargeError(InputError):
    """A model does not fit in memory (exit code 2)."""


class MissingError(LpzeroError):
    """Data or a service that the work needs is not there (exit code 3)."""

    exit_code = 3


class NoResultError(LpzeroError):
    """The work finished, but nothing valid came out of it (exit code 4)."""

    exit_code = 4


def unknown_name(kind: str, name: object, valid: Iterable[str]) -> InputError:
    """Build the error for a name that is not among the valid ones.

    Args:
        kind: What the name should have named, such as ``"space"``.
        name: The name that was given.
        valid: The names that would have been accepted.

    >>> str(unknown_name("space", "flexbert", ["flexibert", "gpt2"]))
    "unknown space 'flexbert': expected one of flexibert, gpt2"
    """
    return InputError(f"unknown {kind} {str(name)!r}: expected one of {', '.join(valid)}")
