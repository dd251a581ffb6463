"""``lpzero principles``: a file a sub-command."""

from lpzero.cli.principles.group import principles

__all__ = ["principles"]
